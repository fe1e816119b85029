/* A WebSocket that stays connected: the rules and the wire protocol of course_lib.resilience.

     const socket = new ReconnectingSocket("wss://example.org/");
     socket.addEventListener("message", event => show(event.data, event.lastEventId));
     socket.addEventListener("status", event => show(event.detail));  // {state, seconds, code}
     socket.addEventListener("note", event => show(event.detail));
     socket.send({any: "JSON value"});
     socket.note({typing: true});  // worth something only now: may be lost

   Each event comes once and in order; each message arrives once and in order, as long as the
   server keeps its log and nothing is dropped. `state` is "connecting", "open", "waiting" or
   "closed". It stays closed after `close()`, and after a close code that no other attempt cures.

   A script cannot see why a handshake failed: a server that answers 401 or 403 is asked again
   and again. One that wants to be left alone accepts the connection and closes it with 1008. */

class ReconnectingSocket extends EventTarget {
  static INCURABLE = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 4001]);
  static NO_CODE = 1006;
  static NOT_THIS_PROTOCOL = 4002;  // a script may close with 1000 and 3000 to 4999 only

  #state = "closed";
  #socket = null;
  #timers = [];
  #attempt = 0;
  #openedAt = null;  // when the present connection was welcomed
  #outbox = [];      // {seq, text}, in order, from the oldest that is not acknowledged
  #lastSeq = 0;      // of the last message that was put there
  #log = "";         // the name of the server's log that lastId belongs to
  #seen = 0;         // the last event that the server knows we have dealt with
  #enough = 1;       // after how many events to tell it
  #pings = 0;
  #pong = null;      // what to do when the pong comes

  /* Options; times in seconds:
       base, cap          upper limit of the first delay, and of every delay
       stable             how long a connection must have lasted for the delays to start over
       interval, timeout  of the heartbeat; an attempt to connect has `timeout`, too
       capacity           how many messages may wait to be acknowledged
       whenFull           "raise" a RangeError, or "drop_oldest"; a page cannot block
       random             gives a number from 0 to 1 */
  constructor(url, options = {}) {
    super();
    this.url = url;
    this.options = {
      base: 0.5, cap: 30, stable: 10, interval: 20, timeout: 20,
      capacity: 1000, whenFull: "raise", random: Math.random, ...options,
    };
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    this.id = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
    this.lastId = 0;        // of the last event that was given
    this.repeated = 0;      // events that came again and were left out
    this.missed = 0;        // events that the server no longer had
    this.dropped = 0;       // messages that made room for others
    this.roundTrip = null;  // seconds that the latest ping took
    this.#connect();
  }

  get state() { return this.#state; }
  get log() { return this.#log; }
  get unacknowledged() { return this.#outbox.length; }

  /* Have a message delivered, now or when there is a connection; return its number. */
  send(data) {
    if (this.#state === "closed") throw new Error("The socket is closed.");
    if (JSON.stringify(data) === undefined) throw new TypeError("That has no JSON form.");
    const {capacity, whenFull} = this.options;
    if (this.#outbox.length >= capacity) {
      if (whenFull !== "drop_oldest") throw new RangeError(`${capacity} messages are waiting already.`);
      this.#outbox.shift();
      this.dropped += 1;
    }
    const message = {type: "message", seq: ++this.#lastSeq, data};
    this.#outbox.push({seq: message.seq, text: JSON.stringify(message)});
    if (this.#state === "open") this.#tell(message);
    return message.seq;
  }

  /* Say something that is worth something only now; without a connection it is dropped. */
  note(data) { if (this.#state === "open") this.#tell({type: "note", data}); }

  /* Close for good, at any moment. What is not acknowledged by then may be lost. */
  close() { this.#finish(1000, 1000); }

  #connect() {
    this.#report("connecting");
    if (this.#state === "closed") return;  // a listener closed it
    const socket = this.#socket = new WebSocket(this.url);
    this.#after(this.options.timeout, () => this.#lose(ReconnectingSocket.NO_CODE));
    // A connection that was given up may say something still; nobody listens any more.
    const on = (name, handle) => socket.addEventListener(name, event => {
      if (socket === this.#socket) handle(event);
    });
    on("open", () => this.#tell({type: "hello", client: this.id, log: this.#log, since: this.lastId}));
    on("message", event => this.#receive(event.data));
    on("close", event => this.#lose(event.code));
  }

  #receive(text) {
    let message = null;
    try { message = JSON.parse(text); } catch { /* is not this protocol, see below */ }
    switch (this.#openedAt === null && message?.type !== "welcome" ? null : message?.type) {
      case "welcome": return this.#welcome(message);
      case "event": return this.#give(message);
      case "ack": return this.#acknowledge(message.seq);
      case "note": return void this.dispatchEvent(new CustomEvent("note", {detail: message.data}));
      case "ping": return this.#tell({type: "pong", id: message.id});
      case "pong": return message.id === this.#pings ? this.#pong?.() : undefined;
      default: return this.#finish(ReconnectingSocket.NOT_THIS_PROTOCOL);
    }
  }

  #welcome({log, since, seq, window}) {
    this.#openedAt = performance.now();
    if (log === this.#log) this.missed += Math.max(0, since - this.lastId);
    this.#log = log;
    this.lastId = this.#seen = since;
    this.#enough = Math.max(1, Math.floor(window / 2));
    this.#acknowledge(seq);
    for (const {text} of this.#outbox) this.#socket.send(text);
    this.#clearTimers();
    this.#after(this.options.interval, () => this.#ping());
    this.#report("open");
  }

  #give({id, data}) {
    if (id <= this.lastId) { this.repeated += 1; return; }
    this.lastId = id;
    if (id - this.#seen >= this.#enough) this.#tell({type: "seen", id: this.#seen = id});
    this.dispatchEvent(new MessageEvent("message", {data, lastEventId: String(id)}));
  }

  #acknowledge(seq) {
    while (this.#outbox.length && this.#outbox[0].seq <= seq) this.#outbox.shift();
  }

  // A script can neither send a ping frame nor see one, so it asks with a message.
  #ping() {
    const asked = performance.now();
    this.#pong = () => {
      this.#pong = null;
      this.#clearTimers();
      this.roundTrip = (performance.now() - asked) / 1000;
      this.#after(this.options.interval - this.roundTrip, () => this.#ping());
    };
    this.#after(this.options.timeout, () => this.#lose(ReconnectingSocket.NO_CODE));
    this.#tell({type: "ping", id: ++this.#pings});
  }

  // The connection, or the attempt, is over: come back later, or never.
  #lose(code) {
    if (ReconnectingSocket.INCURABLE.has(code)) return this.#finish(code);
    const {base, cap, stable, random} = this.options;
    const lasted = this.#openedAt === null ? 0 : (performance.now() - this.#openedAt) / 1000;
    if (this.#openedAt !== null && lasted >= stable) this.#attempt = 0;
    this.#abandon();
    const seconds = random() * Math.min(cap, base * 2 ** this.#attempt++);  // full jitter
    this.#after(seconds, () => this.#connect());
    this.#report("waiting", {seconds, code});
  }

  #finish(code, closeWith = ReconnectingSocket.NOT_THIS_PROTOCOL) {
    if (this.#state === "closed") return;
    this.#abandon(closeWith);
    this.#report("closed", {code});
  }

  // A script cannot abort: a connection that is dead goes when the browser gives up closing it.
  #abandon(code) {
    this.#clearTimers();
    const socket = this.#socket;
    this.#socket = this.#openedAt = this.#pong = null;
    socket?.close(code);
  }

  #tell(message) { this.#socket.send(JSON.stringify(message)); }

  #after(seconds, act) { this.#timers.push(setTimeout(act, 1000 * Math.max(0, seconds))); }

  #clearTimers() { this.#timers.splice(0).forEach(clearTimeout); }

  #report(state, detail = {}) {
    this.#state = state;
    this.dispatchEvent(new CustomEvent("status", {detail: {state, ...detail}}));
  }
}
