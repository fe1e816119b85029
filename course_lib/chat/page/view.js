/* What the page shows. Whatever others wrote goes through textContent: text never becomes markup. */

const $ = id => document.getElementById(id);
const TYPING_SHOWN = 3500;  // milliseconds that one note is worth

export const view = {
  status: $("status"), entrance: $("entrance"), composer: $("composer"), text: $("text"),
  to: $("to"), leave: $("leave"), invite: $("invite"), name: $("name"), room: $("room"), code: $("code"),
};

const messages = $("messages");
const typists = new Map();  // name -> timer that forgets it

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function name(text) {
  // Isolated, so that a name that runs from right to left leaves the line around it alone.
  const made = element("bdi", "", text);
  made.dir = "auto";
  return made;
}

function clock(at) {
  const made = element("time");
  const date = new Date(1000 * at);
  made.dateTime = date.toISOString();
  made.textContent = date.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  return made;
}

function add(item) {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
  messages.append(item);
  while (messages.children.length > 1000) messages.firstChild.remove();
  if (atEnd) showNewest();
  else $("newer").hidden = false;
}

export function showNewest() {
  messages.scrollTop = messages.scrollHeight;
  $("newer").hidden = true;
}

export function showMessage({user, text, at, to}, me) {
  const kind = `message${user === me ? " own" : ""}${to === undefined ? "" : " direct"}`;
  const from = element("div", "from", name(user));
  if (to !== undefined) from.append(" to ", name(to));
  from.append(" ", clock(at));
  const body = element("p", "body", text);
  body.dir = "auto";
  add(element("div", kind, from, body));
}

export function showEvent(...parts) { add(element("div", "event", ...parts)); }
export function showComing(user) { showEvent(name(user), " has come in"); }
export function showGoing(user) { showEvent(name(user), " has left"); }
export function showRefusal(text) { add(element("div", "event refused", text)); }

export function showStatus(text, state) {
  view.status.textContent = text;
  view.status.dataset.state = state;
}

export function showTyping(user) {
  clearTimeout(typists.get(user));
  typists.set(user, setTimeout(() => forgetTyping(user), TYPING_SHOWN));
  drawTyping();
}

export function forgetTyping(user) {
  clearTimeout(typists.get(user));
  typists.delete(user);
  drawTyping();
}

function drawTyping() {
  const names = [...typists.keys()];
  const line = $("typing");
  line.replaceChildren();
  if (names.length > 3) line.append(`${names.length} people are typing …`);
  else if (names.length) {
    names.forEach((each, index) => line.append(index ? (index === names.length - 1 ? " and " : ", ") : "", name(each)));
    line.append(names.length === 1 ? " is typing …" : " are typing …");
  }
}

export function showPeople(people, me) {
  const sorted = [...people].sort((a, b) => a.localeCompare(b));
  $("people-count").textContent = sorted.length;
  $("names").replaceChildren(...sorted.map(each => element("li", "", name(each), each === me ? element("span", "me", " (you)") : "")));
  const chosen = view.to.value;
  const others = sorted.filter(each => each !== me);
  view.to.replaceChildren(...["", ...others].map(each => {
    const option = element("option", "", each || "everyone");
    option.value = each;
    return option;
  }));
  view.to.value = others.includes(chosen) ? chosen : "";
}

export function showRoom(room) {
  $("title").textContent = room;
  document.title = `${room} · Chat`;
  view.entrance.hidden = true;
  for (const id of ["chat", "leave", "people-button"]) $(id).hidden = false;
  view.text.focus();
}

export function showEntrance(refusal = "", wantsCode = false) {
  $("title").textContent = document.title = "Chat";
  for (const id of ["chat", "leave", "invite", "people-button"]) $(id).hidden = true;
  $("refusal").textContent = refusal;
  if (wantsCode) $("code-row").hidden = false;
  view.entrance.hidden = false;
  (wantsCode ? view.code : view.name).focus();
}

export function showInvitation({address, code, qr}) {
  $("invitation-picture").src = qr;
  $("invitation-picture").alt = `QR code of ${address} with the join code`;
  $("invitation-text").replaceChildren(address, element("br"), "join code ", element("strong", "", code));
  $("invitation").showModal();
}

export function clearRoom() {
  messages.replaceChildren();
  [...typists.keys()].forEach(forgetTyping);
  showPeople([], "");
}

$("newer").addEventListener("click", showNewest);
$("people-button").addEventListener("click", () => {
  const open = $("people").classList.toggle("open");
  $("people-button").setAttribute("aria-expanded", open);
});
new ResizeObserver(() => { if ($("newer").hidden) showNewest(); }).observe(messages);
