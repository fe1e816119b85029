"""WebSockets that the reader's own browser opens, from a cell's output."""

import json
from string import Template

from course_lib.notebook.display import Rich

_PAGE = Template("""
<div style="border:1px solid var(--jp-border-color2,#bbb);padding:.4em .9em;max-width:52em">
<strong>In your browser</strong> <span>(JavaScript, not the kernel)</span>
<div role="log" aria-live="polite" style="$mono;white-space:pre-wrap"></div></div>
<script>
(async () => {
  const box = document.currentScript?.previousElementSibling?.querySelector("[role=log]")
    ?? [...document.querySelectorAll("[role=log]")].at(-1);
  const shown = value => typeof value === "string" ? value : JSON.stringify(value);
  const log = (...values) => { box.textContent += values.map(shown).join(" ") + "\\n"; };
  const names = $names;
  const run = Object.getPrototypeOf(async () => {}).constructor;
  try {
    await new run("log", ...Object.keys(names), $source)(log, ...Object.values(names));
  } catch (error) {
    log(error.name + ": " + error.message);
  }
})();
</script>""")

_SOCKETS = """
const states = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
for (const [label, url] of Object.entries(urls)) {
  const say = text => log(label + ": " + text);
  let socket;
  try { socket = new WebSocket(url); } catch (error) { say(error.name + ", " + error.message); continue; }
  const on = (name, what) => socket.addEventListener(name, event =>
    say(name.padEnd(8) + " readyState " + states[socket.readyState] + what(event)));
  on("open", () => "");
  on("message", event => ", data " + JSON.stringify(event.data));
  on("error", () => "");
  on("close", event => ", code " + event.code + ", reason " + JSON.stringify(event.reason));
  socket.addEventListener("open", () => send.forEach(text => socket.send(text)));
  socket.addEventListener("message", (count => () => { if (++count === send.length) socket.close(1000, "done"); })(0));
}
"""


def browser_script(source: str, **names: object) -> Rich:
    """Run JavaScript in the page that shows this cell, and show what it gives to `log`.

    `source` is the body of an asynchronous function. `log(…)` writes a line; `names` are values
    that it may use, such as `url=service.url`. An exception is logged, too. Where no browser shows
    the output, nothing is run.
    """
    given = "".join(f"\n  {name}: {value}" for name, value in names.items())
    return Rich(f"Your browser runs this, when it shows this cell:{given}", _page(source, names))


def browser_sockets(urls: dict[str, str], send: tuple[str, ...] = ("hello",)) -> Rich:
    """Open each URL with the browser's own `WebSocket` and show its events as they come.

    `urls` maps a label to a URL. On each connection that opens the texts of `send` are sent, and
    it is closed after as many replies. Where no browser shows the output, nothing is opened.
    """
    opened = "\n".join(f"  {label}: {url}" for label, url in urls.items())
    page = _page(_SOCKETS, {"urls": urls, "send": list(send)})
    return Rich(f"Your browser opens these, when it shows this cell:\n{opened}", page)


def _page(source: str, names: dict[str, object]) -> str:
    return _PAGE.substitute(
        source=_script(source),
        names=_script(names),
        mono="font-family:var(--jp-code-font-family,ui-monospace,monospace)",
    )


def _script(value: object) -> str:
    """`value` as JavaScript that can stand inside a script element."""
    return json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")
