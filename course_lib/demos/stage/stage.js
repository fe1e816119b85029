// What the pages of all demos have in common: the control channel, and how others join.

export const $ = (selector, within = document) => within.querySelector(selector);

export function element(tag, settings = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, settings);
  made.append(...children);
  return made;
}

// Where a path of this server is, with what lets us in: ?code=… or ?key=….
export function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  for (const [name, value] of new URLSearchParams(location.search)) url.searchParams.set(name, value);
  return url.href;
}

// Opens the control channel; returns what tells the server something.
export function control(hear) {
  const channel = new WebSocket(socketUrl("control"));
  channel.onmessage = ({ data }) => {
    const said = JSON.parse(data);
    if (said.join) showJoin(said.join);
    hear(said);
  };
  channel.onclose = ({ code }) => {
    if (code === 3000) askForCode();
    else $("#trouble").textContent = "The server has gone. Start it again, then reload this page.";
  };
  return (said) => channel.readyState === WebSocket.OPEN && channel.send(JSON.stringify(said));
}

function showJoin({ address, code, qr }) {
  const box = element("p", {}, `Join in at ${address} with the code `, element("b", { textContent: code }));
  const image = element("img", { src: qr, alt: `QR code of ${address} with the join code` });
  $("#trouble").before(element("section", { id: "join" }, image, box));
}

function askForCode() {
  const input = element("input", { name: "code", inputMode: "numeric", autocomplete: "off", required: true });
  const label = element("label", {}, "Join code ", input);
  const form = element("form", { className: "controls" }, label, element("button", { textContent: "Come in" }));
  const wrong = new URLSearchParams(location.search).has("code");
  $("#trouble").textContent = wrong ? "That is not the join code." : "Type the join code that the projector shows.";
  $("#trouble").after(form);
  input.focus();
}
