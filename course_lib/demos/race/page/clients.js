"use strict";
// Four clients of the same feed. Each reports to its lane: `asked` for a request that it sends,
// `answered` when that is over, `ready` once the server has answered, `take` for an event. None of them ends by itself; what
// it throws means that the connection was lost.

const HOLD = 25; // seconds for which the server may hold a long poll

const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

async function ask(lane, signal, parameters = "") {
  lane.asked();
  const response = await fetch(`${lane.url}?since=${lane.lastId}${parameters}`, { signal });
  if (!response.ok) throw new Error(await response.text());
  const events = await response.json();
  lane.answered();
  lane.ready();
  if (events.length === 0) lane.answeredForNothing();
  events.forEach((event) => lane.take(event));
}

const CLIENTS = {
  async "poll"(lane, signal, interval) {
    for (;;) {
      await ask(lane, signal);
      await sleep(interval);
    }
  },

  async "long-poll"(lane, signal) {
    await ask(lane, signal, "&hold=0");
    for (;;) await ask(lane, signal, `&hold=${HOLD}`);
  },

  "sse"(lane, signal) {
    return new Promise((_, lost) => {
      const source = new EventSource(`${lane.url}?since=${lane.lastId}`);
      lane.asked();
      source.onopen = () => lane.ready();
      source.onmessage = (message) => lane.take(JSON.parse(message.data));
      // The browser asks again by itself, with Last-Event-ID, unless it has given up.
      source.onerror = () => (source.readyState === EventSource.CLOSED ? lost() : lane.asked());
      signal.addEventListener("abort", () => source.close());
    });
  },

  "websocket"(lane, signal) {
    return new Promise((_, lost) => {
      const socket = new WebSocket(`${lane.url}?since=${lane.lastId}`);
      lane.asked();
      socket.onopen = () => lane.ready();
      socket.onmessage = (message) => lane.take(JSON.parse(message.data));
      socket.onclose = lost;
      signal.addEventListener("abort", () => socket.close());
    });
  },
};

async function keepRunning(lane, signal, interval) {
  while (!signal.aborted) {
    try {
      await CLIENTS[lane.transport](lane, signal, interval);
    } catch {
      await sleep(0.5);
    }
  }
}
