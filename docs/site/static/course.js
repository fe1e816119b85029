/* What scrolls can be reached and scrolled from the keyboard; what doesn't is no stop on the way. */

const reach = () => {
  for (const box of document.querySelectorAll("pre, figure, .table-wrapper, .output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("DOMContentLoaded", reach);
addEventListener("resize", reach);
