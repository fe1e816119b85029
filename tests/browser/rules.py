"""axe-core's rules on an open page, in each look: light and dark, on a desktop and on a phone."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

LOOKS = [("light", 1440), ("light", 390), ("dark", 1440), ("dark", 390)]
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that a change of colours alone can break."""

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")

DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# The contrast of a text is a matter of these values. Most of a lesson's elements are tokens of code that
# share them, and axe takes a millisecond for each: one of a kind is enough.
CHOOSE = """() => {
  const grounds = new Map([[null, ""]]);
  const ground = (element) => {
    if (!grounds.has(element)) {
      const {backgroundColor, backgroundImage, opacity, filter, position} = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity, filter, position].join();
      grounds.set(element, own === "rgba(0, 0, 0, 0),none,1,none,static"
        ? ground(element.parentElement) : `${ground(element.parentElement)}/${own}`);
    }
    return grounds.get(element);
  };
  const known = new Set();
  for (const element of document.body.querySelectorAll("*")) {
    const speaks = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!(speaks || element.matches("input, select, textarea"))) continue;
    if (!element.checkVisibility({visibilityProperty: true})) continue;
    const {color, fill, fontSize, fontWeight, textShadow} = getComputedStyle(element);
    const look = [color, fill, fontSize, fontWeight, textShadow, ground(element)].join("|");
    if (!known.has(look)) element.dataset.chosen = known.add(look).size;
  }
}"""
LEAVE = """() => {
  for (const token of document.querySelectorAll("pre span:not([data-chosen], [id], :has([data-chosen]))"))
    token.replaceWith(...token.childNodes);
  axe.configure({rules: [{id: "color-contrast", selector: "[data-chosen]"}]});
}"""
FIND = """async ({rules, within}) => {
  const only = rules && {runOnly: {type: "rule", values: rules}};
  const where = within ? {include: [[within]]} : document;
  const {violations} = await axe.run(where, {resultTypes: ["violations"], ...only});
  return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.replace(/ data-chosen="\\d+"/g, "").slice(0, 120)}`));
}"""


def faults(page: Page) -> list[str]:
    """What axe finds on the open page, and where it is wider than its window: a sentence each.

    The page is of no use afterwards: code that looks alike has lost its tokens.
    """
    page.evaluate(AXE)
    for scheme, width in LOOKS:
        _turn(page, scheme, width)
        page.evaluate(CHOOSE)
    page.evaluate(LEAVE)
    found = []
    for scheme, width in LOOKS:
        _turn(page, scheme, width)
        here = page.evaluate(FIND, {"rules": COLOURS if scheme == "dark" else None})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            here.append(f"the page takes {wide} pixels")
        found += [f"{scheme}, {width} wide: {fault}" for fault in here]
    return found


# axe takes for invisible what lies in an element of no height that hides its overflow, as JupyterLab's
# body is, and what has been scrolled away: of a notebook in its frame it would see next to nothing.
UNFOLD = """() => {
  const notebook = [...document.querySelectorAll(".jp-Notebook")].find(it => it.checkVisibility());
  notebook.querySelectorAll("[class*=jp-WindowedPanel]").forEach(part => part.classList.add("unfolded"));
  for (let part = notebook; part !== document.documentElement; part = part.parentElement) {
    part.classList.add("unfolded");
    for (const other of part.parentElement.children) if (other !== part) other.classList.add("away");
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`.away { display: none !important }
    .unfolded { position: static !important; contain: none !important; overflow: visible !important;
                height: auto !important; max-height: none !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
FOLD = """() => {
  document.adoptedStyleSheets = [];
  for (const part of document.querySelectorAll(".unfolded, .away")) part.classList.remove("unfolded", "away");
}"""
THEME = """async (theme) => {
  await window.jupyterapp.commands.execute("apputils:change-theme", {theme});
}"""
THEMED = """theme => document.body.dataset.jpThemeName === theme && !document.querySelector("#jupyterlab-splash")"""


def faults_of_outputs(page: Page) -> list[str]:
    """What axe finds in the outputs of the notebook that JupyterLab shows, by day and by night."""
    page.evaluate(AXE)
    found = []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate(THEME, theme)
        page.wait_for_function(THEMED, arg=theme)
        page.evaluate(UNFOLD)
        page.evaluate(DRAWN)
        here = page.evaluate(FIND, {"within": ".jp-OutputArea-output"})
        found += [f"{theme}: {fault}" for fault in here]
        page.evaluate(FOLD)
    return found


def _turn(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(DRAWN)  # and what listens for a change of the size has done its work
