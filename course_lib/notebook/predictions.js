/* What remembers, in the page that shows a lesson, which option of each prediction was opened first.

   A lesson's predictions are markdown and stay so: this listens to them and adds a mark. What it
   knows hangs on the notebook's element, so that running it again changes only the line to the
   kernel. What was chosen while there was no kernel is told when there is one. */

(script, {kernel, promise}) => {
  const lesson = script?.closest(".jp-Notebook"), note = script?.previousElementSibling;
  if (!lesson) return;
  const letters = text => text.replace(/^\s*Predict\.|Choose one, then open it\.\s*$/g, "").replace(/[^\p{L}\p{N}]+/gu, "");

  const predictions = () => {
    const found = [];
    for (const start of lesson.querySelectorAll(".jp-RenderedMarkdown p > strong:first-child")) {
      if (start.textContent !== "Predict.") continue;
      let at = start.parentElement, text = "";
      for (; at && at.tagName !== "DETAILS"; at = at.nextElementSibling) text += at.textContent;
      const options = [];
      for (; at?.tagName === "DETAILS"; at = at.nextElementSibling) options.push(at);
      found.push({question: letters(text), options});
    }
    return found;
  };

  const begin = () => {
    const it = {chosen: {}, untold: {}, socket: null};
    it.mark = () => predictions().forEach(({question, options}) => options.forEach((option, place) => {
      const summary = option.querySelector("summary"), mark = summary.querySelector(".course-choice");
      if (it.chosen[question] !== place) mark?.remove();
      else if (!mark) summary.insertAdjacentHTML("beforeend", ' <small class="course-choice"><b>← your choice</b></small>');
    }));
    it.choose = (question, option) => {
      if (question in it.chosen) return;
      it.chosen[question] = option;
      if (it.socket?.readyState === WebSocket.OPEN) it.socket.send(JSON.stringify({question, option}));
      else it.untold[question] = option;
      it.mark();
    };
    lesson.addEventListener("toggle", ({target}) => {
      const of = target.open && predictions().find(({options}) => options.includes(target));
      if (of) it.choose(of.question, of.options.indexOf(target));
    }, true);
    // A key for a menu or a box in an output is no command to JupyterLab, where x would cut the cell.
    window.addEventListener("keydown", ({target, key, ctrlKey, metaKey, altKey, shiftKey}) => {
      const control = target.closest?.("select, input, button, summary, a");
      const command = ctrlKey || metaKey || altKey || (shiftKey && key === "Enter");
      if (lesson.contains(control)) control.toggleAttribute("data-lm-suppress-shortcuts", !command);
    }, true);
    let due = 0;  // cells are drawn one by one, and anew after an edit
    new MutationObserver(() => { due ||= requestAnimationFrame(() => { due = 0; it.mark(); }); })
      .observe(lesson, {childList: true, subtree: true});
    return it;
  };

  const it = lesson.coursePredictions ??= begin();
  const socket = new WebSocket(kernel);
  socket.onmessage = ({data}) => {
    it.socket?.close();
    it.socket = socket;
    note.textContent = promise;
    const late = it.untold;
    for (const {question, options} of predictions()) {  // opened before this script came
      const open = options.flatMap((option, place) => option.open ? [place] : []);
      if (open.length === 1) late[question] ??= open[0];
    }
    [it.chosen, it.untold] = [JSON.parse(data), {}];
    Object.entries(late).forEach(([question, option]) => it.choose(question, option));
    it.mark();
  };
  socket.onclose = () => { note.textContent = ""; };
}
