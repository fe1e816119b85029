"""A student's page on paper."""

import pytest

from tests.browser.test_accessibility import pages

pytestmark = pytest.mark.browser

SHOWN = "it => it.checkVisibility({contentVisibilityAuto: true}) && it.getBoundingClientRect().height > 0"
HINTS = f"Array.from(document.querySelectorAll('details p')).map({SHOWN})"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def test_hints_are_folded_on_a_screen_and_unfolded_on_paper(runner, async_browser, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(pages(tmp_path)["feedback"], "utf-8")

    async def main():
        size = {"width": 700, "height": 900}
        async with await async_browser.new_context(color_scheme="dark", viewport=size) as context:
            page = await context.new_page()
            await page.goto(file.as_uri())
            on_screen = await page.evaluate(HINTS)
            await page.emulate_media(media="print")
            # A browser unfolds with its next picture of the page.
            await page.wait_for_function(f"{HINTS}.every(Boolean)")
            on_paper = await page.evaluate(HINTS)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            sheet = await page.pdf(format="A4")
            return on_screen, on_paper, wide, await page.evaluate(BACKGROUND), sheet

    on_screen, on_paper, wide, background, sheet = runner.run(main())
    assert len(on_paper) > 5
    assert not any(on_screen)
    assert all(on_paper)
    assert wide <= 700
    assert background == "rgb(255, 255, 255)"  # in the dark theme, too
    assert sheet.startswith(b"%PDF")
