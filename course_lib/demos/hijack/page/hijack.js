// The page of the bank, with the other page in a frame beside it.

import { $, control, element } from "./stage.js";

const KEPT = 2; // handshakes that stay in the list
let cookie = "";
let balance;

const tell = control((said) => {
  if (said.cookie) begin(said);
  if (said.seen) showSeen(said.seen);
  if (said.balance !== undefined) {
    balance = said.balance;
    $("#check").setAttribute("aria-pressed", said.checks);
    $("#check").textContent = `Origin check: ${said.checks ? "on" : "off"}`;
    showBalance();
  }
});

function begin(said) {
  cookie = said.cookie;
  const hosts = { "another port": "127.0.0.1", "another site": "localhost" };
  const options = Object.entries(hosts).map(([name, host]) => new Option(name, `${host}:${said.evil}`));
  $("#host").replaceChildren(...options);
  $("#bank-address").textContent = location.host;
  startAgain();
}

function startAgain() {
  tell({ reset: true });
  $("#seen").replaceChildren();
  close();
  logOut();
}

function loggedIn() {
  return document.cookie.includes(cookie);
}

function logOut() {
  document.cookie = `${cookie.split("=")[0]}=; Max-Age=0`;
  showBalance();
}

function showBalance() {
  $("#login").textContent = loggedIn() ? "Log out" : "Log in";
  $("#same-site").disabled = loggedIn();
  $("#balance b").textContent = loggedIn() ? balance : "log in to see it";
}

$("#login").addEventListener("click", () => {
  if (loggedIn()) return logOut();
  const sameSite = $("#same-site").value;
  document.cookie = cookie + (sameSite && `; SameSite=${sameSite}`);
  showBalance();
});

function close() {
  $("iframe").removeAttribute("src");
  $("#evil-address").textContent = $("#host").value;
}

$("#host").addEventListener("change", close);
$("#open").addEventListener("click", () => {
  $("iframe").src = `http://${$("#host").value}/?bank=${location.host}&${Date.now()}`;
});
$("#check").addEventListener("click", () => tell({ check: $("#check").getAttribute("aria-pressed") !== "true" }));
$("#reset").addEventListener("click", startAgain);

function showSeen({ origin, foreign, cookie: known, refused }) {
  const item = element("li", { textContent: `Origin: ${origin}, cookie: ${known ? "yes" : "no"}. ` });
  const verdict = refused ? "Refused with 403" : known ? "Let in" : "Not logged in";
  item.append(element("b", { textContent: verdict, className: foreign && !refused && known ? "bad" : "good" }));
  $("#seen").prepend(item);
  while ($("#seen").children.length > KEPT) $("#seen").lastElementChild.remove();
}
