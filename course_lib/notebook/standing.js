/* Keeps a page's marks up to date, in the JupyterLab that `course lab` starts.

   That JupyterLab serves what the learner has reached as a file. Anywhere else there is none, and the
   marks stay as they are. */

(script, symbols) => {
  const lab = document.getElementById("jupyter-config-data");
  if (!lab || !script) return;
  const url = JSON.parse(lab.textContent).baseUrl + "static/course/progress.json";
  const shown = new WeakRef(script.closest(".course-standing"));

  const fill = (page, reached) => {
    for (const question of page.querySelectorAll("[data-question]")) {
      const status = reached[question.dataset.question] ?? "unanswered";
      if (question.dataset.status === status) continue;
      question.dataset.status = status;
      question.querySelector("b").textContent = symbols[status];
      question.title = question.title.replace(/: .*/, `: ${status}`);
    }
    for (const sum of page.querySelectorAll("[data-sum]")) {
      let points = 0;
      const of = sum.dataset.sum ? sum.closest("tr") : page;
      for (const passed of of.querySelectorAll('[data-status="passed"]')) points += Number(passed.dataset.points);
      sum.textContent = points;
      const bar = sum.parentElement.querySelector("progress");
      if (bar) bar.value = points;
    }
  };

  const look = async () => {
    const page = shown.deref();
    if (!page) return;  // the cell was run again, or its notebook closed
    if (page.isConnected && !document.hidden) {
      try {
        const reply = await fetch(url, {cache: "no-store"});
        if (reply.ok) fill(page, await reply.json());
      } catch { /* the server is away: the next look may find it */ }
    }
    setTimeout(look, 1000);
  };
  look();
}
