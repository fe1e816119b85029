// The page of the herd: a dot for each client, a bar for each window of time.

import { $, control } from "./stage.js";

const [WIDTH, HEIGHT, BOTTOM, LEFT, RIGHT] = [900, 330, 50, 85, 40];
const COLUMNS = 16;
const KEPT = 3; // results in the table
const OUTCOMES = ["away", "refused", "open"];
let world; // what the server told at first
let bins = [];

const tell = control((said) => {
  if (said.recipes) begin(said);
  if (said.attempt) take(said.attempt);
  if (said.done) finish(said);
});

function begin(said) {
  world = said;
  const options = Object.entries(said.recipes).map(([value, name]) => new Option(name, value));
  $("#recipe").replaceChildren(...options);
  $("#recipe").value = "none";
  const rows = Math.ceil(said.clients / COLUMNS);
  $("#dots").setAttribute("viewBox", `0 0 ${COLUMNS} ${rows}`);
  $("#dots").replaceChildren(...Array.from({ length: said.clients }, (_, place) =>
    shape("circle", { cx: (place % COLUMNS) + 0.5, cy: Math.floor(place / COLUMNS) + 0.5, r: 0.36 })));
  $("#chart").setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  say(`${said.clients} clients, and a server that takes ${said.limit} handshakes in 100 ms.`);
  $("#restart").disabled = false;
  draw();
}

$("#restart").addEventListener("click", () => {
  bins = [];
  for (const dot of $("#dots").children) dot.setAttribute("class", "connected");
  draw();
  say(`${world.clients} clients connect; then the server ends, and is back after ${world.outage} s …`);
  $("#restart").disabled = true;
  tell({ restart: $("#recipe").value });
});

function take({ client, due, outcome }) {
  if (bins.length === 0) for (const dot of $("#dots").children) dot.setAttribute("class", "away");
  const bin = Math.floor(due / world.window);
  bins[bin] ??= { away: 0, refused: 0, open: 0 };
  bins[bin][outcome] += 1;
  $("#dots").children[client].setAttribute("class", outcome);
  const back = $("#dots").querySelectorAll(".open").length;
  say(`${back} of ${world.clients} are back.`);
  requestAnimationFrame(draw);
}

function finish({ done, peak, refused, last }) {
  say(`All ${world.clients} are back after ${last.toFixed(1)} s.`);
  const row = document.createElement("tr");
  for (const text of [world.recipes[done], peak, refused, `${last.toFixed(1)} s`]) {
    row.insertCell().textContent = text;
  }
  $("tbody").prepend(row);
  while ($("tbody").rows.length > KEPT) $("tbody").deleteRow(-1);
  $("#restart").disabled = false;
  $("#restart").focus();
}

function draw() {
  const span = Math.max(5, Math.ceil(bins.length * world.window));
  const x = (time) => LEFT + ((WIDTH - LEFT - RIGHT) * time) / span;
  const y = (count) => (HEIGHT - BOTTOM) * (1 - count / (1.05 * world.clients));
  const made = [shape("rect", { class: "back", x: x(0), y: 0, width: x(span) - x(0), height: y(0) })];
  bins.forEach((bin, place) => {
    let below = 0;
    for (const outcome of OUTCOMES) {
      const top = below + bin[outcome];
      const width = Math.max(2, x(world.window) - x(0) - 1);
      made.push(shape("rect", {
        class: `bar ${outcome}`, x: x(place * world.window), y: y(top), width, height: y(below) - y(top),
      }));
      below = top;
    }
  });
  made.push(line("axis", x(0), y(0), x(span), y(0)));
  made.push(line("limit", x(0), y(world.limit), x(span), y(world.limit)));
  for (let time = 0; time <= span; time += Math.ceil(span / 6)) made.push(text(`${time} s`, x(time), HEIGHT - 10, "middle"));
  for (const count of [0, world.limit, world.clients]) made.push(text(count, LEFT - 8, y(count) + 9, "end"));
  $("#chart").replaceChildren(...made);
}

function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const line = (name, x1, y1, x2, y2) => shape("line", { class: name, x1, y1, x2, y2 });

function text(said, x, y, anchor) {
  const made = shape("text", { x, y, "text-anchor": anchor });
  made.textContent = said;
  return made;
}

function say(sentence) {
  $("#story").textContent = sentence;
}
