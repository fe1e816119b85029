/* What each transport costs, at whatever the reader's knobs say: the formulas of
   course_lib/measure/predict.py once more, since a page has no Python. */

(script, {seconds, start, sizes, transports, measured, runs}) => {
  const KNOBS = [
    {name: "interval", label: "Polling interval", unit: "s", least: 0.1, most: 60},
    {name: "rate", label: "Events", unit: "a second", least: 0.1, most: 50},
    {name: "round_trip", label: "Round trip", unit: "ms", least: 1, most: 1000},
    {name: "event", label: "An event", unit: "bytes", least: 10, most: 10000},
  ];
  const place = script.closest(".course-knobs");
  const tidy = value => Number(value.toPrecision(3)).toLocaleString("en", {maximumFractionDigits: 4});

  function requestRate(transport, {interval, rate, cycle}) {
    if (transport === "poll") return 1 / (interval + cycle);
    if (transport === "long-poll") return 1 / (cycle + Math.exp(-rate * cycle) / rate);
    return 0;
  }

  function latency(transport, at) {
    const missed = transport === "long-poll" ? at.cycle * requestRate(transport, at) : 0;
    const waits = transport === "poll" ? (at.interval + at.cycle) / 2 : missed * at.cycle / 2;
    return waits + at.cycle / 2;
  }

  function traffic(transport, at) {
    const {request, response, event} = sizes[transport];
    const requests = 1 / seconds + requestRate(transport, at);
    return requests * (request + response) + at.rate * (at.event + event);
  }

  function costs(transport, values) {
    const at = {...values, cycle: values.round_trip / 1000};
    return [1000 * latency(transport, at), requestRate(transport, at), traffic(transport, at)];
  }

  const SVG = "http://www.w3.org/2000/svg";
  const MARKERS = {s: "M-5,-5h10v10h-10z", "^": "M0,-6L6,5H-6z", D: "M0,-7L7,0L0,7L-7,0z",
                   o: "M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z"};
  const element = (parent, name, attributes = {}, text = "") => {
    const made = parent.namespaceURI === SVG || name === "svg"
      ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(text);
    return parent.appendChild(made);
  };
  const mark = (parent, {marker: shape, color}, size, hollow) => element(parent, "path", {
    d: MARKERS[shape], fill: hollow ? "none" : color, stroke: color, "stroke-width": 2 / size,
    transform: `scale(${size})`,
  });

  // The picture: traffic to the right, latency upwards, both in powers of ten.
  const [WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP] = [420, 270, 60, 386, 226, 26];
  const exponent = (value, least, most) => Math.log10(Math.min(Math.max(value, least), most));
  const x = bytes => LEFT + (exponent(bytes, 10, 1e6) - 1) / 5 * (RIGHT - LEFT);
  const y = ms => BOTTOM - exponent(ms, 1, 1e5) / 5 * (BOTTOM - TOP);
  const move = (group, ms, bytes) => group.setAttribute("transform", `translate(${x(bytes)},${y(ms)})`);

  function draw(parent) {
    const svg = element(parent, "svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", width: "100%"});
    svg.style.cssText = "display: block; max-width: 560px; font: 12px sans-serif; fill: currentColor";
    element(svg, "title", {}, "Latency against traffic; the table beside it has the same numbers.");
    for (let n = 0; n <= 5; n++) {
      const [across, up] = [x(10 ** (n + 1)), y(10 ** n)];
      const line = d => element(svg, "path", {d, stroke: "#8a8a8a", "stroke-opacity": 0.35});
      line(`M${across},${TOP}V${BOTTOM}`);
      line(`M${LEFT},${up}H${RIGHT}`);
      const number = text => text.toLocaleString("en");
      element(svg, "text", {x: across, y: BOTTOM + 18, "text-anchor": "middle"}, number(10 ** (n + 1)));
      element(svg, "text", {x: LEFT - 8, y: up + 4, "text-anchor": "end"}, number(10 ** n));
    }
    element(svg, "text", {x: LEFT, y: 12}, "mean latency (ms)");
    element(svg, "text", {x: RIGHT, y: HEIGHT - 8, "text-anchor": "end"}, "bytes a second, both ways");
    for (const {transport, run, ms, bytes} of measured) {
      const dot = element(svg, "g");
      element(dot, "title", {}, `${transports[transport].label}, ${run}: measured`);
      mark(dot, transports[transport], 0.5, false);
      move(dot, ms, bytes);
    }
    const drawn = {};
    for (const transport in transports) {
      drawn[transport] = element(svg, "g", {class: "formula"});
      mark(drawn[transport], transports[transport], 1.2, true);
    }
    return drawn;
  }

  // The controls: each slider's place is the power of ten of its value.
  const values = {...start};
  place.dataset.lmSuppressShortcuts = "true";  // the arrow keys are the sliders', not JupyterLab's
  place.querySelector("[role=note]").textContent = "Rings: the formulas, at what the knobs say. "
    + "Small filled marks: measured. They stay where they are.";
  const controls = element(place, "div");
  controls.style.cssText = "display: grid; grid-template-columns: max-content minmax(8em, 20em) max-content; gap: 4px 12px; align-items: center; margin: 8px 0";
  const sliders = KNOBS.map(({name, label, unit, least, most}) => {
    const id = `${name}-${Math.random().toString(36).slice(2)}`;
    element(controls, "label", {for: id}, label);
    const [min, max] = [Math.log10(least), Math.log10(most)];
    const slider = element(controls, "input", {type: "range", id, min, max, step: "any"});
    const said = element(controls, "output", {for: id});
    slider.addEventListener("input", () => { values[name] = 10 ** slider.valueAsNumber; show(); });
    slider.addEventListener("keydown", event => {  // "any" step leaves it to each browser
      const way = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
      if (!way) return;
      event.preventDefault();
      slider.value = slider.valueAsNumber + way * (max - min) / 50;
      slider.dispatchEvent(new Event("input"));
    });
    return () => {
      slider.value = Math.log10(values[name]);
      said.value = `${tidy(values[name])} ${unit}`;
      slider.setAttribute("aria-valuetext", said.value);
    };
  });
  const buttons = element(place, "div", {role: "group", "aria-label": "The settings of a measured run"});
  for (const [run, settings] of Object.entries(runs)) {
    const button = element(buttons, "button", {type: "button"}, run);
    button.style.cssText = "margin: 0 6px 6px 0";
    button.addEventListener("click", () => { Object.assign(values, settings); show(); });
  }
  const formulas = draw(place);
  const rows = [...place.querySelectorAll("tbody tr")];
  for (const [row, look] of rows.map((row, n) => [row, Object.values(transports)[n]])) {
    const key = element(row.cells[0], "svg", {viewBox: "-9 -9 18 18", width: 14, "aria-hidden": "true"});
    key.style.cssText = "vertical-align: middle; margin-left: 6px";
    mark(key, look, 1.1, false);
  }
  place.querySelector("caption")?.remove();  // it names the settings of the table as it is stored
  place.append(place.querySelector("table"));

  function show() {
    sliders.forEach(update => update());
    Object.keys(transports).forEach((transport, n) => {
      const found = costs(transport, values);
      move(formulas[transport], found[0], found[2]);
      found.forEach((value, column) => {
        const cell = element(rows[n].cells[column + 1], "data", {value});
        cell.textContent = tidy(value);
        rows[n].cells[column + 1].replaceChildren(cell);
      });
    });
  }
  show();
}
