"""The knobs of lesson 05: their JavaScript says what `course_lib.measure.predict` says."""

from types import SimpleNamespace

import pytest

from course_lib.measure import Experiment, Results, WireSizes
from course_lib.notebook.knobs import costs, knobs
from course_lib.transports import Transport

pytestmark = pytest.mark.browser

SIZES = {
    Transport.POLL: WireSizes(138, 185, 1),
    Transport.LONG_POLL: WireSizes(150, 185, 1),
    Transport.SSE: WireSizes(164, 195, 20),
    Transport.WEBSOCKET: WireSizes(203, 203, 2),
}


EVENT = 64  # bytes of an event with a two-digit number


def results(**changes):
    deliveries = [
        SimpleNamespace(transport=each, mean_latency=0.05, requests=8, duration=8.0, bytes=900)
        for each in Transport
    ]
    return Results(Experiment(seconds=8, **changes), tuple(deliveries), 0.0)


@pytest.fixture
def cell():
    return knobs({"the race <1>": results(), "busy": results(rate=20, interval=0.25)}, SIZES)


def shown(page):
    numbers = page.locator("tbody td data").evaluate_all("all => all.map(each => +each.value)")
    return {each: numbers[3 * n : 3 * n + 3] for n, each in enumerate(Transport)}


def expected(interval, rate, round_trip, event=EVENT):
    at = {"interval": interval, "rate": rate, "round_trip": round_trip, "event": event}
    return {each: pytest.approx(costs(each, at, 8, SIZES[each]), rel=1e-9) for each in Transport}


def turn(page, label, exponent):
    page.get_by_label(label).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        exponent,
    )


def test_the_page_computes_what_python_computes(page, cell):
    page.set_content(cell._repr_html_())
    assert shown(page) == expected(1, 2, 90, 63)
    for interval, rate, round_trip, event in [(-1, 1.5, 2.5, 1), (1.7, -1, 0, 4), (0, 0, 3, 2)]:
        turn(page, "Polling interval", interval)
        turn(page, "Events", rate)
        turn(page, "Round trip", round_trip)
        turn(page, "An event", event)
        assert shown(page) == expected(10**interval, 10**rate, 10**round_trip, 10**event)


def test_a_run_sets_the_knobs_and_only_the_formulas_move(page, cell):
    page.set_content(cell._repr_html_())
    where = "all => all.map(each => each.getAttribute('transform'))"
    dots = page.locator("svg g:not(.formula)")
    before, rings = dots.evaluate_all(where), page.locator("g.formula").evaluate_all(where)
    assert len(before) == 8
    page.get_by_role("button", name="busy").click()
    assert shown(page) == expected(0.25, 20, 90)
    assert dots.evaluate_all(where) == before
    assert page.locator("g.formula").evaluate_all(where) != rings


def test_the_keyboard_turns_them(page, cell):
    page.set_content(cell._repr_html_())
    slider = page.get_by_label("Polling interval")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert shown(page)[Transport.POLL][0] > 600
    assert slider.get_attribute("aria-valuetext") == "1.14 s"
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "1 s"


def test_without_scripts_a_table_stands_there(browser, cell):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(cell._repr_html_())
    assert page.locator("caption").text_content() == "Formulas: the race <1>"
    assert page.get_by_role("row", name="Polling 590 0.917").count() == 1
    assert "Run this cell" in page.get_by_role("note").text_content()
    context.close()
