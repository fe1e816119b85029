"use strict";
// One transport's lane: its numbers, and a mark for each event that moves while it is waited for.

const KEPT = 30; // marks that stay in a lane, and latencies that its median is of
const LOOKS = {
  "poll": { path: "M-7-7H7V7H-7Z", how: ({ interval }) => `asks every ${interval} s` },
  "long-poll": { path: "M0-9 9 7H-9Z", how: () => "asks; the answer waits" },
  "sse": { path: "M-8 0A8 8 0 1 1 8 0A8 8 0 1 1-8 0Z", how: () => "one answer without end" },
  "websocket": { path: "M0-10 10 0 0 10-10 0Z", how: () => "each event a message" },
};
const still = matchMedia("(prefers-reduced-motion: reduce)");
const $ = (selector, within = document) => within.querySelector(selector);

function milliseconds(seconds) {
  const value = 1000 * seconds;
  return value < 1 ? "< 1 ms" : `${Math.round(value).toLocaleString("en")} ms`;
}

function size(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return (sorted[Math.floor(last / 2)] + sorted[Math.ceil(last / 2)]) / 2;
}

class Lane {
  lastId = 0;
  received = 0;
  requests = 0;
  empty = 0;
  latencies = [];
  marks = new Map(); // of an event's id

  constructor({ transport, label, url }, race) {
    Object.assign(this, { transport, url, race });
    this.element = $("#lane").content.cloneNode(true).firstElementChild;
    this.element.dataset.transport = transport;
    this.element.setAttribute("aria-label", label);
    this.element.style.setProperty("--colour", `var(--${transport})`);
    this.svg = $(".track svg", this.element);
    $(".symbol path", this.element).setAttribute("d", LOOKS[transport].path);
    this.show({ label, how: LOOKS[transport].how(race.settings) });
  }

  show(texts) {
    for (const [name, text] of Object.entries(texts)) {
      $(`.${name}`, this.element).textContent = text;
    }
  }

  // What the client of this lane reports.

  asked() {
    this.askedAt = performance.now();
    $(".request", this.svg).setAttribute("class", "request");
    this.show({ requests: (++this.requests).toLocaleString("en") });
  }

  answered() {
    this.askedAt = undefined;
    $(".request", this.svg).setAttribute("class", "request answered");
  }

  answeredForNothing() {
    this.show({ empty: (++this.empty).toLocaleString("en") });
  }

  ready() {
    this.race.isReady(this);
  }

  take({ id, created }) {
    if (id <= this.lastId) return;
    this.lastId = id;
    const mark = this.marks.get(id) ?? this.setOut(id, created);
    mark.age = Math.max(0, this.race.clock.now() - created);
    mark.shape.setAttribute("class", "mark");
    this.place(mark);
    this.fadeOlder();
    this.latencies = [...this.latencies, mark.age].slice(-KEPT);
    this.median = median(this.latencies);
    this.element.dataset.median = this.median;
    this.element.dataset.received = ++this.received;
    this.show({
      received: this.received.toLocaleString("en"),
      last: milliseconds(mark.age),
      median: milliseconds(this.median),
    });
    this.placeMedian();
  }

  // What the server tells.

  published(id, created) {
    this.show({ published: id.toLocaleString("en") });
    if (!this.marks.has(id) && id > this.lastId) this.setOut(id, created);
  }

  counted({ connections, bytes }) {
    const each = this.received ? size(bytes / this.received) : "–";
    this.show({ connections, bytes: size(bytes), each });
  }

  // What is drawn.

  setOut(id, created) {
    const shape = document.createElementNS(this.svg.namespaceURI, "path");
    shape.setAttribute("class", "mark waiting");
    shape.setAttribute("d", LOOKS[this.transport].path);
    this.svg.append(shape);
    // The golden ratio spreads any number of marks evenly over the height.
    const mark = { shape, created, age: null, height: 0.16 + 0.68 * ((id * 0.618) % 1) };
    this.marks.set(id, mark);
    this.place(mark);
    return mark;
  }

  place(mark) {
    const age = mark.age ?? Math.max(0, this.race.clock.now() - mark.created);
    const x = this.race.part(age) * this.width;
    mark.shape.setAttribute("transform", `translate(${x} ${mark.height * this.height})`);
  }

  placeMedian() {
    if (this.median === undefined) return;
    const line = $(".median-line", this.svg);
    const x = this.race.part(this.median) * this.width;
    line.setAttribute("d", `M${x} 0V${this.height}`);
  }

  fadeOlder() {
    const arrived = [...this.marks].filter(([, mark]) => mark.age !== null).reverse();
    arrived.forEach(([id, { shape }], place) => {
      shape.style.opacity = 1 - (0.8 * place) / KEPT;
      if (place < KEPT) return;
      shape.remove();
      this.marks.delete(id);
    });
  }

  move() {
    if (still.matches) return;
    for (const mark of this.marks.values()) if (mark.age === null) this.place(mark);
    this.placeRequest();
  }

  // A line along the bottom for a request that is open, as long as it has been so.
  placeRequest() {
    if (this.askedAt === undefined) return;
    const x = this.race.part((performance.now() - this.askedAt) / 1000) * this.width;
    $(".request", this.svg).setAttribute("d", `M0 ${this.height - 3}H${x}`);
  }

  measure() {
    this.width = this.svg.clientWidth;
    this.height = this.svg.clientHeight;
    for (const mark of this.marks.values()) this.place(mark);
    this.placeMedian();
  }
}
