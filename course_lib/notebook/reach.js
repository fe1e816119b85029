/* Where a cell's script finds the servers of its kernel.

   Their addresses are those of the kernel's own machine. A page that comes from there can use them; one
   that comes from elsewhere, through JupyterHub, Binder or a forwarded port, asks jupyter-server-proxy
   on the way that it came itself. */

async (script, live, options) => {
  if (["", "localhost", "127.0.0.1", "[::1]"].includes(location.hostname)) return live(script, options);
  const box = script?.previousElementSibling, note = box?.querySelector("[role=status]") ?? box;
  if ("height" in options) {  // a whole page: its server lets in who comes by its own address only
    note.textContent = "The kernel runs on another machine, and this page lets in nobody who comes through a proxy: "
      + "take the course on your own machine to see it.";
    return;
  }
  const config = document.getElementById("jupyter-config-data");
  const base = location.host + (config ? JSON.parse(config.textContent).baseUrl ?? "/" : "/");
  const secure = location.protocol === "https:" ? "s" : "";
  const proxy = await fetch(`${location.protocol}//${base}server-proxy/servers-info`).catch(() => null);
  if (!proxy?.ok) {
    if (note) note.textContent = "The kernel runs on another machine, and your browser can't reach its servers: "
      + "install jupyter-server-proxy beside JupyterLab there, or take the course on your own machine.";
    return;
  }
  if ("source" in options) {  // the reader's own WebSockets, not one of ours
    const remark = document.createElement("p");
    remark.textContent = "The kernel runs on another machine. The proxy in between lets each WebSocket open before "
      + "the server has answered, changes close codes, answers pings itself and drops compression.";
    script?.after(remark);
  }
  const address = /\b(ws|http):\/\/(?:127\.0\.0\.1|localhost):(\d+)/g;
  const there = (_, scheme, port) => `${scheme}${secure}://${base}proxy/${port}`;
  return live(script, JSON.parse(JSON.stringify(options).replace(address, there)));
}
