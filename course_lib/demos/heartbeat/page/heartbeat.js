// The page of the heartbeat: two ends, the line between them, and what each of them knows.

import { $, control } from "./stage.js";

const ENDS = ["client", "server"];
const BEGINNING = { client: "2 s", server: "5 s" };
const seconds = (value) => `${value.toFixed(1)} s`;
let silent = false;

for (const name of ENDS) {
  const end = $(`#${name}`);
  end.append($("#end").content.cloneNode(true));
  $("h2", end).textContent = name === "client" ? "Client" : "Server";
  $("select", end).addEventListener("change", start);
}
$("#again").addEventListener("click", start);
$("#plug").addEventListener("click", () => tell({ pull: !silent }));

const tell = control((said) => {
  if (said.beats) offer(said.beats);
  else show(said);
});

function offer(beats) {
  for (const name of ENDS) {
    const options = beats.map((beat) => new Option(beat === "never" ? beat : `every ${beat}`, beat));
    $(`#${name} select`).replaceChildren(...options);
    $(`#${name} select`).value = BEGINNING[name];
  }
  start();
}

function start() {
  tell({ start: Object.fromEntries(ENDS.map((name) => [name, $(`#${name} select`).value])) });
}

function show(said) {
  silent = said.silent;
  for (const name of ENDS) showEnd($(`#${name}`), said[name]);
  const gone = ENDS.filter((name) => said[name].ended);
  const over = gone.length === 2;
  $("#plug").disabled = over && !silent;
  $("#plug").textContent = silent ? "Plug it in again" : "Pull the plug";
  $("#wire").className = silent ? "silent" : over ? "over" : "";
  $("#wire span").textContent = silent ? "silent" : over ? "closed" : "open";
  const story = silent ? silence(gone) : over ? "The connection is over at both ends." : "Both ends believe in the connection, and they are right.";
  if ($("#story").textContent !== story) $("#story").textContent = story;
}

function silence(gone) {
  if (gone.length === 0) return "Nothing passes, and nobody is told. Both ends still believe in the connection.";
  if (gone.length === 1) return `Half open: the ${gone[0]} knows, the other end still believes.`;
  return "Both ends know, each by its own clock.";
}

function showEnd(end, { beat, most, quiet, lost, ended, knew }) {
  const asks = beat && quiet > beat[0] + 0.1;
  end.className = `end ${ended ? "gone" : asks ? "asks" : ""} ${beat ? "" : "never"}`;
  $(".lamp b", end).textContent = ended ? "gone" : asks ? "alive? asked, no answer" : beat ? "alive" : "alive, it believes";
  $(".scale", end).textContent = beat
    ? `last answer ${seconds(quiet)} ago; asks after ${beat[0]} s, gives up after ${most} s`
    : "asks nothing, so it never finds out while it has nothing to send";
  if (beat) {
    $(".bar i", end).style.width = `${Math.min(100, (100 * quiet) / most)}%`;
    $(".bar s", end).style.width = `${(100 * beat[0]) / most}%`;
  }
  $(".result", end).textContent = result(beat, most, lost, ended, knew);
}

function result(beat, most, lost, ended, knew) {
  if (ended && !lost) return "Was told: the other end had given up, and its reset came through.";
  if (ended && knew === null) return "Gave up a line that was alive: this computer is too busy.";
  if (ended) return `Knew after ${knew.toFixed(2)} s.\nFormula: ${beat[1]} to ${most} s.`;
  return beat ? `Formula: knows after ${beat[1]} to ${most} s.` : "Formula: never.";
}
