"use strict";
// The page: one race at a time. Every number on it is of the race that runs; other settings, or
// “Start again”, make a new one.

const RULES =
  "A mark sets out when an event happens and stops when the page has it: how far it came is how " +
  "old the news was. A line at the bottom is an open request.";
const controls = $("#controls");
let race;

// What the server's clock shows now. Each question over the control channel gives an estimate
// that is wrong by half its round trip at most, so the quickest of the latest is the best.
class Clock {
  samples = [];

  answer({ clock: sent, now }) {
    const received = performance.now() / 1000;
    this.samples.push({ offset: now - (sent + received) / 2, error: (received - sent) / 2 });
    this.samples = this.samples.slice(-20);
    this.best = this.samples.reduce((a, b) => (b.error < a.error ? b : a));
  }

  now() {
    return performance.now() / 1000 + this.best.offset;
  }
}

class Race {
  clock = new Clock();
  lanes = [];
  waitingFor = new Set();
  running = false;
  ended = new AbortController();

  constructor(settings) {
    this.settings = settings;
    this.channel = new WebSocket(`ws://${location.host}/control?${new URLSearchParams(settings)}`);
    this.channel.onmessage = ({ data }) => this.hear(JSON.parse(data));
    this.channel.onclose = () => {
      this.end();
      say("The server does not answer. Start it, then press “Start again”.", true);
    };
  }

  end() {
    clearInterval(this.asking);
    this.ended.abort();
    this.channel.onclose = this.channel.onmessage = null;
    this.channel.close();
  }

  hear(message) {
    if (message.refused) this.refuse(message.refused);
    if (message.lanes) this.open(message);
    if (message.clock) this.setClock(message);
    for (const lane of this.lanes) {
      if (message.event) lane.published(message.event, message.created);
      if (message.counts) lane.counted(message.counts[lane.transport]);
    }
  }

  refuse(sentence) {
    this.end();
    say(`${sentence} Choose above.`, true);
  }

  open({ lanes, links, link }) {
    offerLinks(links, link);
    this.setScale(Number(this.settings.interval), links[link]);
    this.lanes = lanes.map((each) => new Lane(each, this));
    $("#lanes").replaceChildren(...this.lanes.map((lane) => lane.element));
    this.lanes.forEach((lane) => lane.measure());
    for (let i = 0; i < 5; i++) this.askForTime();
    this.asking = setInterval(() => this.askForTime(), 1000);
  }

  askForTime() {
    this.channel.send(JSON.stringify({ clock: performance.now() / 1000 }));
  }

  setClock(message) {
    this.clock.answer(message);
    $("#clock").textContent =
      "All four hear the same events over the same kind of link. The page asks the server for " +
      `its time, and knows it to ±${(1000 * this.clock.best.error).toFixed(1)} ms.`;
    if (this.clock.samples.length === 5) this.lineUp();
  }

  // Nothing happens before all four stand at the start.
  lineUp() {
    this.waitingFor = new Set(this.lanes);
    for (const lane of this.lanes) keepRunning(lane, this.ended.signal, Number(this.settings.interval));
  }

  isReady(lane) {
    if (this.waitingFor.delete(lane) && this.waitingFor.size === 0) this.run(true);
  }

  run(running) {
    this.running = running;
    this.channel.send(JSON.stringify({ running }));
    $("#pause").textContent = running ? "Pause the events" : "Go on";
    say(running ? RULES : "Nothing happens now. Which of them go on asking?");
  }

  // The oldest that a poll's news can be, rounded up to at most six steps.
  setScale(interval, delay) {
    const longest = 1.05 * (interval + 3 * delay);
    const step = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2].find((each) => longest / each <= 6);
    const steps = Math.ceil(longest / step);
    this.scale = steps * step;
    $("#lanes").style.setProperty("--step", `${100 / steps}%`);
    const ticks = Array.from({ length: steps + 1 }, (_, i) => {
      const tick = document.createElement("span");
      tick.style.left = `${(100 * i) / steps}%`;
      tick.textContent = `${Number((i * step).toFixed(2))} s`;
      return tick;
    });
    $("#axis").replaceChildren(...ticks);
  }

  // How far along its track a mark of that age stands, from 0 to 1.
  part(age) {
    return Math.min(1, age / this.scale);
  }
}

function say(sentence, trouble = false) {
  $("#status").textContent = sentence;
  $("#status").classList.toggle("trouble", trouble);
}

function offerLinks(links, chosen) {
  const options = Object.entries(links).map(([name, delay]) => {
    const text = `${name.replace("_", " ")}, ${Number((1000 * delay).toFixed(2))} ms`;
    return new Option(text, name, false, name === chosen);
  });
  controls.elements.link.replaceChildren(...options);
}

function start() {
  race?.end();
  say("Connecting …");
  const settings = Object.fromEntries(new FormData(controls));
  history.replaceState(null, "", `?${new URLSearchParams(settings)}`);
  race = new Race(settings);
}

for (const [name, value] of new URLSearchParams(location.search)) {
  const control = controls.elements[name];
  if (!control?.options) continue;
  // What the page does not offer is the server's to judge.
  if (![...control.options].some((option) => option.value === value)) {
    control.append(new Option(value.replace("_", " "), value));
  }
  control.value = value;
}
controls.addEventListener("change", start);
controls.addEventListener("submit", (event) => event.preventDefault());
$("#reset").addEventListener("click", start);
$("#pause").addEventListener("click", () => race.run(!race.running));
new ResizeObserver(() => race?.lanes.forEach((lane) => lane.measure())).observe($("#lanes"));
requestAnimationFrame(function draw() {
  race?.lanes.forEach((lane) => lane.move());
  requestAnimationFrame(draw);
});
start();
