/* The chat in a browser: one ReconnectingSocket, and what its events mean for the page. */

import {
  clearRoom, forgetTyping, showComing, showEntrance, showEvent, showGoing, showInvitation, showMessage,
  showNewest, showPeople, showRefusal, showRoom, showStatus, showTyping, view,
} from "./view.js";

const TELL_TYPING = 2000;  // milliseconds from one note to the next
const CLOSED = {
  1000: "The conversation is over.",
  1008: "The server refuses this page.",
  1009: "That message was too big for the server.",
  4001: "This chat was opened in another tab.",
};
const UNAUTHORIZED = 3000;

const session = storage("sessionStorage"), forever = storage("localStorage");
const query = new URLSearchParams(location.search);
let me = null;          // {room, name, key}, once the form was sent
let people = new Set();
let shown = new Set();  // the numbers of the messages on the page, of the log named `log`
let log = "";
let socket = null;
let toldTyping = -Infinity;

function storage(kind) {
  try {
    return window[kind];
  } catch {  // denied, as to a frame in somebody else's page: then it lasts as long as this page
    const kept = new Map();
    return {
      getItem: key => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: key => kept.delete(key),
    };
  }
}

function enter(room, name) {
  const kept = JSON.parse(session.getItem("chat") ?? "null");
  // The key shows the server, after a reload, that it was us who had this name.
  const key = kept?.key ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");
  me = {room, name, key};
  session.setItem("chat", JSON.stringify(me));
  connect();
}

function address(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = query.has("code") ? new URLSearchParams({code: query.get("code")}) : "";
  return url.href;
}

function connect() {
  socket = new ReconnectingSocket(address("socket"), {base: 0.3, cap: 15});
  socket.addEventListener("message", event => receive(event.data));
  socket.addEventListener("note", event => receive(event.detail));
  socket.addEventListener("status", event => statusChanged(event.detail));
  log = "";
  join();
}

function join() { socket.send({type: "join", room: me.room, name: me.name, key: me.key}); }

function statusChanged({state, seconds, code}) {
  if (state === "open") {
    showStatus("connected", state);
    if (log && log !== socket.log) { shown = new Set(); join(); }  // it has lost its memory
    log = socket.log;
  } else if (state === "connecting") {
    showStatus("connecting …", state);
  } else if (state === "waiting") {
    const waiting = socket.unacknowledged;
    showStatus(`disconnected; next attempt in ${Math.ceil(seconds)} s${waiting ? `, ${waiting} to send` : ""}`, state);
  } else {
    showStatus("not connected", state);
    if (me) turnedAway(code);
  }
}

function turnedAway(code) {
  me = null;
  if (code === UNAUTHORIZED) showEntrance(query.has("code") ? "That is not the join code." : "This chat needs a join code.", true);
  else showEntrance(CLOSED[code] ?? `The server ended the connection (${code}).`);
}

function receive(event) {
  if (!me) return;
  switch (event.type) {
    case "entered": return entered(event);
    case "said": return said(event);
    case "told": showMessage(event, me.name); return forgetTyping(event.user);
    case "joined": return came(event);
    case "left": return went(event);
    case "typing": return showTyping(event.user);
    case "paused": return event.on ? showStatus("the chat pauses; what you write is kept", "waiting") : showStatus("connected", "open");
    case "refused": return refused(event);
  }
}

function entered({room, name, members, history}) {
  me = {...me, room, name};
  session.setItem("chat", JSON.stringify(me));
  people = new Set(members);
  showRoom(room);
  view.invite.hidden = !query.has("code");  // who has no code needs none to come in
  showPeople(people, name);
  history.forEach(said);
  showNewest();
}

function said(event) {
  if (event.room !== me.room || shown.has(event.id)) return;
  shown.add(event.id);
  showMessage(event, me.name);
  forgetTyping(event.user);
}

function came({room, user}) {
  if (room !== me.room || user === me.name || people.has(user)) return;
  people.add(user);
  showPeople(people, me.name);
  showComing(user);
}

function went({room, user}) {
  if (room !== me.room || !people.has(user)) return;
  if (user === me.name) return join();  // we were away for too long, and are back
  people.delete(user);
  showPeople(people, me.name);
  showGoing(user);
  forgetTyping(user);
}

function refused({code, text}) {
  if (!view.entrance.hidden || ["bad_name", "name_taken", "too_many_rooms", "room_full"].includes(code)) {
    leave();
    showEntrance(text);
  } else {
    showRefusal(text);
    if (code === "not_in_room") join();
  }
}

function leave() {
  if (!me) return;
  const {room} = me;
  me = null;
  session.removeItem("chat");
  socket.send({type: "leave", room});
  socket.close();
  people = new Set();
  shown = new Set();
  clearRoom();
  showEntrance();
}

view.entrance.addEventListener("submit", event => {
  event.preventDefault();
  if (view.code.value.trim()) query.set("code", view.code.value.trim());
  forever.setItem("chat-name", view.name.value);
  enter(view.room.value.trim(), view.name.value.trim());
});

view.composer.addEventListener("submit", event => {
  event.preventDefault();
  const text = view.text.value.trim();
  if (!text || !me) return;
  const to = view.to.value;
  try {
    socket.send(to ? {type: "direct", room: me.room, to, text} : {type: "say", room: me.room, text});
  } catch (error) {
    return showRefusal(`Not sent: ${error.message}`);
  }
  view.text.value = "";
  toldTyping = -Infinity;
  if (socket.state !== "open") showEvent("Your message is kept and sent when the connection is back.");
  showNewest();
  view.text.focus();
});

view.text.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  view.composer.requestSubmit();
});

view.text.addEventListener("input", () => {
  const now = performance.now();
  if (!me || !view.text.value || view.to.value || now - toldTyping < TELL_TYPING) return;
  toldTyping = now;
  socket.note({type: "typing", room: me.room});
});

view.leave.addEventListener("click", leave);

view.invite.addEventListener("click", () => {
  new WebSocket(address("invitation")).onmessage = ({data}) => showInvitation(JSON.parse(data));
});

view.name.value ||= query.get("name") ?? forever.getItem("chat-name") ?? "";  // somebody may have begun to type before this script came
if (query.has("room")) view.room.value = query.get("room");
const before = JSON.parse(session.getItem("chat") ?? "null");
if (before) enter(before.room, before.name);
else if (query.has("name")) enter(view.room.value, view.name.value);
