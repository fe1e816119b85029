const states = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
const width = Math.max(...Object.keys(urls).map(label => label.length)) + 1;
for (const [label, url] of Object.entries(urls)) {
  const say = (...parts) => log((label + ":").padEnd(width), ...parts);
  let socket;
  try { socket = new WebSocket(url); } catch (error) { say(error.name + ", " + error.message); continue; }
  const on = (name, what) => socket.addEventListener(name, event =>
    say(name.padEnd(7), "readyState", states[socket.readyState].padEnd(10), what(event)));
  on("open", () => "");
  on("message", event => "data " + JSON.stringify(event.data));
  on("error", () => "");
  on("close", event => "code " + event.code + ", reason " + JSON.stringify(event.reason));
  let replies = 0;
  socket.addEventListener("open", () => send.forEach(text => socket.send(text)));
  socket.addEventListener("message", () => { if (++replies === send.length) socket.close(1000, "done"); });
}
