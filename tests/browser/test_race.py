"""The race as it is projected: one page, four real clients."""

import pytest

from course_lib.demos.race import serve
from course_lib.notebook import background
from course_lib.transports import Transport

pytestmark = pytest.mark.browser

RECEIVED = "[...document.querySelectorAll('.lane')].map(lane => Number(lane.dataset.received ?? 0))"
ALL_HAVE = (
    f"count => {{ const all = {RECEIVED}; return all.length === 4 && Math.min(...all) >= count; }}"
)


@pytest.fixture
def server():
    service = background("race", serve)
    yield service
    service.close()


@pytest.fixture
def url(server):
    return server.it


@pytest.fixture
def race(page, url):
    """Open the race with some settings; what goes wrong in the page fails the test."""
    wrong = []

    def note(text):
        # A race that ends resets its links, and Chromium may hear of it before its client is gone.
        if "ERR_CONNECTION_RESET" not in text and not text.startswith("data:"):
            wrong.append(text)

    page.on("pageerror", lambda error: note(str(error)))
    page.on("console", lambda message: note(message.text))
    page.on("request", lambda each: note(each.url) if "//127.0.0.1:" not in each.url else None)

    def open_with(query):
        page.goto(f"{url}?{query}")
        return page

    yield open_with
    assert wrong == []


def lane(page, transport):
    return page.locator(f".lane[data-transport={transport}]")


def number(page, transport, name):
    return int(lane(page, transport).locator(f".{name}").inner_text().replace(",", ""))


def test_all_four_move_and_polling_is_last(race):
    page = race("link=mobile_4g&interval=2&rate=5")
    for transport in Transport:
        # A mark of this lane that is on its way is further on in a later frame.
        page.wait_for_function(
            """transport => {
                const waiting = document.querySelector(`[data-transport=${transport}] .waiting`);
                const before = window.seen;
                window.seen = waiting && { waiting, place: waiting.getAttribute("transform") };
                return before && before.waiting === window.seen?.waiting
                    && before.place !== window.seen.place;
            }""",
            arg=transport.value,
        )
    page.wait_for_function(ALL_HAVE, arg=20)
    medians = {each: float(lane(page, each).get_attribute("data-median")) for each in Transport}
    polling = medians.pop(Transport.POLL)
    assert polling > 1.5 * max(medians.values()), (polling, medians)
    assert number(page, "sse", "requests") == number(page, "websocket", "requests") == 1
    assert number(page, "long-poll", "requests") > 5
    assert [number(page, each, "connections") for each in Transport] == [1, 1, 1, 1]


def test_while_nothing_happens_polling_goes_on_asking(race):
    page = race("link=loopback&interval=0.25&rate=10")
    page.wait_for_function(ALL_HAVE, arg=5)
    page.get_by_role("button", name="Pause the events").press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.lane')].every(lane =>"
        " lane.querySelector('.received').textContent"
        " === lane.querySelector('.published').textContent)"
    )
    before = {name: number(page, "poll", name) for name in ("requests", "empty", "published")} | {
        "long": number(page, "long-poll", "requests")
    }
    page.wait_for_function(
        "asked => Number(document.querySelector('.requests').textContent) >= asked + 5",
        arg=before["requests"],
    )
    assert number(page, "poll", "published") == before["published"]
    assert number(page, "poll", "empty") >= before["empty"] + 4
    assert number(page, "long-poll", "requests") == before["long"]
    page.get_by_role("button", name="Go on").press("Enter")
    page.wait_for_function(ALL_HAVE, arg=before["published"] + 3)


def test_other_settings_and_start_again_make_a_new_race(race):
    page = race("link=loopback&interval=0.25&rate=10")
    page.wait_for_function(ALL_HAVE, arg=20)
    page.get_by_role("button", name="Start again").press("Enter")
    page.wait_for_function(f"() => {RECEIVED}.every(count => count > 0 && count < 20)")
    page.wait_for_function(ALL_HAVE, arg=20)
    page.get_by_label("Link").select_option("satellite")
    page.wait_for_function(f"() => {RECEIVED}.every(count => count > 0 && count < 20)")
    assert page.get_by_label("Link").input_value() == "satellite"
    # The way there takes 300 ms at least, whatever the machine does.
    assert float(lane(page, "websocket").get_attribute("data-median")) > 0.29


def test_choices_stay_over_a_reload(race):
    page = race("link=loopback&interval=0.25&rate=10")
    for label, choice in (("Link", "lan"), ("Polls every", "0.5")):
        page.wait_for_function(ALL_HAVE, arg=20)
        page.get_by_label(label).select_option(choice)
        # The new race counts from 0. All are connected when each has received something.
        page.wait_for_function(f"() => {RECEIVED}.every(count => count > 0 && count < 20)")
    page.reload()
    page.wait_for_function(ALL_HAVE, arg=1)
    assert page.url.endswith("?link=lan&interval=0.5&rate=10")
    assert page.get_by_label("Link").input_value() == "lan"
    assert page.get_by_label("Polls every").input_value() == "0.5"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("link=avian", "There is no link called 'avian'"),
        ("rate=1000", "The rate must be from 0.1 to 20"),
        ("interval=x", "The interval must be from 0.1 to 60"),
    ],
)
def test_a_query_that_makes_no_sense_is_answered_in_a_sentence(race, query, sentence):
    page = race(query)
    page.get_by_role("status").get_by_text(sentence).wait_for()


def test_an_open_request_is_drawn(race):
    page = race("link=satellite&interval=0.25&rate=2")
    for transport in Transport:
        page.wait_for_function(
            """transport => {
                const line = document.querySelector(`[data-transport=${transport}] .request`);
                const end = Number(line?.getAttribute("d")?.split("H")[1]);
                return end > 20 && !line.classList.contains("answered");
            }""",
            arg=transport.value,
        )
    page.wait_for_function("() => document.querySelector('[data-transport=poll] .answered')")


def test_who_wants_no_motion_sees_marks_where_they_stopped(browser, url):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{url}?link=mobile_4g&rate=10")
    page.wait_for_function(
        """() => {
            const waiting = document.querySelector(".mark.waiting");
            return waiting && getComputedStyle(waiting).visibility === "hidden";
        }"""
    )
    page.wait_for_function(ALL_HAVE, arg=3)
    context.close()


def test_a_server_that_ends_is_said(page, server):
    page.goto(f"{server.it}?link=loopback&rate=10")
    page.wait_for_function(ALL_HAVE, arg=1)
    server.close()
    page.get_by_role("status").get_by_text("does not answer").wait_for()


def test_everything_fits_on_the_screen(page, url):
    page.goto(f"{url}?link=satellite&interval=1&rate=10")
    page.wait_for_function(ALL_HAVE, arg=2)
    page.wait_for_selector("#clock:not(:empty)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1280, 720), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            full = page.evaluate(
                "[document.body.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert full[0] <= width
            assert full[1] <= height + 40
