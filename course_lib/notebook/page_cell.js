/* Puts a page into a cell's output, if its server is there. One attempt says whether it is: an output
   that was saved, exported or reopened keeps its sentence, and shows no broken frame. */

async (script, {url, title, height}) => {
  const box = script?.previousElementSibling ?? [...document.querySelectorAll(".course-page")].at(-1);
  const reply = await fetch(url, {mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(3000)})
    .catch(() => null);
  if (!reply?.ok && reply?.type !== "opaque") {  // what another origin answers can't be read
    box.querySelector("[role=status]").textContent =
      `${title}: this cell ran in an earlier session, or on another machine. Run it again, and the page stands here.`;
    return;
  }
  const frame = document.createElement("iframe");
  Object.assign(frame, {src: url, title});
  frame.style = `width: 100%; height: ${height}px; border: 1px solid rgba(128, 128, 128, 0.6); border-radius: 8px; background: Canvas`;
  // What the page inside takes for the reader's preference is JupyterLab's theme, where that says it.
  const light = document.body.dataset.jpThemeLight;
  if (light) frame.style.colorScheme = light === "true" ? "light" : "dark";
  box.replaceChildren(frame);
}
