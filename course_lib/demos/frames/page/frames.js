// The page of the frames: one WebSocket that is tapped, and what the server says crossed it.

import { $, control, element, socketUrl } from "./stage.js";

const KEPT = 12; // frames on the page
let socket = null;
let tab = "";
let mine = 0;

const tell = control((said) => {
  if (said.tab) {
    ({ tab, number: mine } = said);
    connect();
  }
  if (said.frame) draw(said.frame);
});

function connect() {
  socket = new WebSocket(socketUrl(`echo?tab=${tab}`));
  socket.onopen = socket.onclose = showState;
  showState();
}

function showState() {
  const open = socket.readyState === WebSocket.OPEN;
  $("#state").textContent = ["connecting", "open", "closing", "closed"][socket.readyState];
  $("#close").textContent = open ? "Close" : "Connect";
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(message);
}

$("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send($("#text").value);
  $("#text").select();
});
$("#text").addEventListener("input", () => $("#each").checked && send($("#text").value));
$("#binary").addEventListener("click", () => send(new TextEncoder().encode($("#text").value)));
$("#ping").addEventListener("click", () => tell({ ping: true }));
$("#close").addEventListener("click", () => {
  if (socket?.readyState === WebSocket.OPEN) socket.close(1000, "bye");
  else connect();
});

function draw(frame) {
  if ($("#frames > p")) $("#frames").replaceChildren();
  const article = $("#frame").content.cloneNode(true).firstElementChild;
  article.classList.toggle("down", !frame.up);
  const who = frame.from === mine ? "this page" : `guest ${frame.from}`;
  const way = frame.up ? `${who} → server` : `server → ${who}`;
  $("h2", article).textContent = `${way}: ${frame.summary}`;
  $(".bits", article).append(...frame.fields.map(drawField));
  $("tbody", article).append(...rows(frame));
  $("#frames").prepend(article);
  while ($("#frames").children.length > KEPT) $("#frames").lastElementChild.remove();
}

function drawField({ name, bits, meaning, tint }) {
  const shown = bits.length > 7 ? hexadecimal(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2))) : bits;
  const label = bits.length > 1 && meaning && tint !== "key" ? `${name}: ${meaning}` : name;
  const parts = [element("b", { textContent: shown }), element("span", { textContent: label })];
  return element("div", { className: `field ${tint}`, title: meaning }, ...parts);
}

// The payload byte by byte: as it was sent, the key that it meets, and what comes of it.
function rows({ key, sent, meant, more }) {
  if (sent.length === 0) return [];
  const keys = sent.map((_, place) => key[place % 4]);
  return [
    row("sent", key.length ? "sent" : "payload", sent.map(two), more),
    ...(key.length ? [row("with", "XOR the key", keys.map(two)), row("meant", "gives", meant.map(two))] : []),
    row("says", "as text", characters(meant)),
  ];
}

function row(name, label, cells, more = 0) {
  const made = element("tr", { className: name }, element("th", { textContent: label, scope: "row" }));
  made.append(...cells.map((textContent) => element("td", { textContent })));
  if (more) made.append(element("th", { textContent: `and ${more} more` }));
  return made;
}

const two = (byte) => byte.toString(16).padStart(2, "0");
const hexadecimal = (bytes) => bytes.map(two).join(" ");

// A character stands at its first byte; the others of it are dots.
function characters(bytes) {
  const decoder = new TextDecoder();
  return bytes.map((byte, place) => {
    if ((byte & 0xc0) === 0x80) return "·";
    let end = place + 1;
    while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end += 1;
    const text = decoder.decode(Uint8Array.from(bytes.slice(place, end)));
    return /^[\p{C}\ufffd]$/u.test(text) ? "–" : text;
  });
}
