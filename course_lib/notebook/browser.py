"""WebSockets that the reader's own browser opens, from a cell's output."""

import json
from string import Template

from course_lib.notebook.display import Rich

_PAGE = Template("""
<div style="border:1px solid var(--jp-border-color2,#bbb);padding:.4em .9em;max-width:52em">
<strong>In your browser</strong> <span>(JavaScript, not the kernel)</span>
<div role="log" aria-live="polite" style="$mono;white-space:pre-wrap"></div></div>
<script>
(() => {
  const log = document.currentScript?.previousElementSibling?.querySelector("[role=log]")
    ?? [...document.querySelectorAll("[role=log]")].at(-1);
  const states = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
  for (const [label, url] of Object.entries($urls)) {
    const say = text => { log.textContent += label + ": " + text + "\\n"; };
    let socket;
    try { socket = new WebSocket(url); } catch (error) { say(error.name + ", " + error.message); continue; }
    const on = (name, what) => socket.addEventListener(name, event =>
      say(name.padEnd(8) + " readyState " + states[socket.readyState] + what(event)));
    on("open", () => "");
    on("message", event => ", data " + JSON.stringify(event.data));
    on("error", () => "");
    on("close", event => ", code " + event.code + ", reason " + JSON.stringify(event.reason));
    socket.addEventListener("open", () => $send.forEach(text => socket.send(text)));
    socket.addEventListener("message", (count => () => { if (++count === $send.length) socket.close(1000, "done"); })(0));
  }
})();
</script>""")


def browser_sockets(urls: dict[str, str], send: tuple[str, ...] = ("hello",)) -> Rich:
    """Open each URL with the browser's own `WebSocket` and show its events as they come.

    `urls` maps a label to a URL. On each connection that opens the texts of `send` are sent, and
    it is closed after as many replies. Where no browser shows the output, nothing is opened.
    """
    page = _PAGE.substitute(
        urls=_script(urls),
        send=_script(list(send)),
        mono="font-family:var(--jp-code-font-family,ui-monospace,monospace)",
    )
    opened = "\n".join(f"  {label}: {url}" for label, url in urls.items())
    return Rich(f"Your browser opens these, when it shows this cell:\n{opened}", page)


def _script(value: object) -> str:
    """`value` as JavaScript that can stand inside a script element."""
    return json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")
