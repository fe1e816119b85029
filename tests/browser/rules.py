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
FIND = """async (rules) => {
  const only = rules && {runOnly: {type: "rule", values: rules}};
  const {violations} = await axe.run(document, {resultTypes: ["violations"], ...only});
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
        here = page.evaluate(FIND, COLOURS if scheme == "dark" else None)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            here.append(f"the page takes {wide} pixels")
        found += [f"{scheme}, {width} wide: {fault}" for fault in here]
    return found


def _turn(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(DRAWN)  # and what listens for a change of the size has done its work
