/* What scrolls can be reached and scrolled from the keyboard; what doesn't is no stop on the way. */

const reach = () => {
  for (const box of document.querySelectorAll("pre, figure, .table-wrapper, .output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("DOMContentLoaded", reach);
addEventListener("resize", reach);

/* On a narrow window the theme's lists open with a label, which only a pointer reaches. */
addEventListener("DOMContentLoaded", () => {
  for (const [list, name] of [["__navigation", "All pages"], ["__toc", "On this page"]]) {
    for (const icon of document.querySelectorAll(`label[for="${list}"] > .icon`)) {
      Object.assign(icon, { role: "button", tabIndex: 0, ariaLabel: name });
      icon.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        icon.click();
      });
    }
  }
});
