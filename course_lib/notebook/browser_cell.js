/* What the output of a browser cell does in the page that shows it.

   The kernel that made the output listens at `live`. One attempt to connect there says whether it
   still does: a page that was saved, exported or reopened keeps its recorded conversation, and
   knocks on no dead port again and again. What is logged goes to the kernel as well. */

async (script, {live, source, names}) => {
  const frame = script?.previousElementSibling ?? [...document.querySelectorAll(".course-browser")].at(-1);
  const box = frame.querySelector("[role=log]"), note = frame.querySelector("[role=status]");
  const MOST = 200;  // lines of the log
  const kernel = new WebSocket(live);
  const reached = await new Promise(decide => {
    kernel.onopen = () => decide(true);
    kernel.onclose = () => decide(false);
    setTimeout(() => decide(false), 3000);
  });
  if (!reached) {
    kernel.close();
    note.textContent = "This cell ran in an earlier session, or on another machine: run it again to see it live."
      + (box.textContent ? " Until then, this was recorded:" : "");
    return;
  }
  note.textContent = "Live, from your browser:";
  box.textContent = "";

  let lines = 0, over = false, body = "runs";
  const open = new Set();
  kernel.onclose = () => {
    over = true;
    note.textContent = "The kernel has ended since: run the cell again to see it live.";
    open.forEach(socket => socket.close());
  };
  const tell = what => { if (kernel.readyState === WebSocket.OPEN) kernel.send(JSON.stringify(what)); };
  const shown = value => typeof value === "string" ? value : JSON.stringify(value);
  const log = (...values) => {
    if (++lines > MOST) return;
    const line = lines === MOST ? "… and more" : values.map(shown).join(" ").trimEnd();
    box.textContent += line + "\n";
    tell({line});
  };
  // After a turn of the event loop the script has dealt with the last event, too.
  const finish = () => setTimeout(() => { if (body === "ended" && !open.size) tell({done: true}); });
  class CellSocket extends WebSocket {
    constructor(...args) {
      if (over || !box.isConnected) throw new DOMException("This cell's output is gone.", "AbortError");
      super(...args);
      open.add(this);
      this.addEventListener("close", () => { open.delete(this); finish(); });
    }
  }
  const run = Object.getPrototypeOf(async () => {}).constructor;
  try {
    await new run("log", "WebSocket", ...Object.keys(names), source)(log, CellSocket, ...Object.values(names));
  } catch (error) {
    log(error.name + ": " + error.message);
  }
  body = "ended";
  finish();
}
