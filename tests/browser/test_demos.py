"""Every demo in Chromium: that it shows what it promises, to people in the back row as well."""

import importlib
import re
from contextlib import contextmanager
from functools import partial

import pytest
from playwright.sync_api import expect

from course_lib.demos import DEMOS, heartbeat
from course_lib.notebook import background
from course_lib.web import Access

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)


@contextmanager
def running(name, *arguments):
    """A demo that runs; gives its service, whose `it` is the URL to open."""
    serve = importlib.import_module(f"course_lib.demos.{name}").serve
    service = background(f"demo-{name}", partial(serve, *arguments))
    try:
        yield service
    finally:
        service.close()


@pytest.fixture
def opened(browser):
    """Open URLs in contexts of their own; what goes wrong in a page fails the test."""
    contexts, wrong, expected = [], [], []

    def note(text):
        if not any(each in text for each in expected):
            wrong.append(text)

    def open_page(url, *known, **options):
        expected.extend(known)
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: note(str(error)))
        page.on("console", lambda message: note(message.text))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.mark.parametrize("name", [name for name in DEMOS if name != "race"])
def test_a_page_fits_and_can_be_read_from_the_back_row(name, opened, free_port):
    small = """() => [...document.querySelectorAll("body *")].filter(element =>
        element.checkVisibility() && [...element.childNodes].some(node => node.nodeType === 3
            && node.textContent.trim()) && parseFloat(getComputedStyle(element).fontSize) < 24
    ).map(element => element.outerHTML)"""
    with running(name, free_port) as service:
        page = opened(service.it)
        expect(page.locator("h1")).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width, height in ((1280, 720), (390, 844)):
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                if width > 1000 and name != "chat":  # an application; `Ctrl +` enlarges it
                    assert page.evaluate(small) == []


# echo


def test_the_echo_answers_and_the_page_says_what_became_of_the_server(opened, free_port):
    with running("echo", free_port) as service:
        assert service.it.startswith("file://")
        page = opened(service.it, "ERR_CONNECTION_REFUSED")
        state, log = page.get_by_role("status"), page.get_by_role("log")
        expect(state).to_have_text("CLOSED")
        page.get_by_role("button", name="Connect").press("Enter")
        expect(state).to_have_text("OPEN")
        page.keyboard.type("<b>hello</b>")  # the field has the focus
        page.keyboard.press("Enter")
        expect(log).to_contain_text("→ <b>hello</b>")
        expect(log).to_contain_text("← <b>hello</b>")
        page.get_by_role("button", name="Close").click()
        expect(log).to_contain_text("closed, code 1000")
        page.get_by_role("button", name="Connect").click()
        expect(state).to_have_text("OPEN")
    expect(log).to_contain_text("closed, code 1001")
    expect(state).to_have_text("CLOSED")
    page.get_by_role("button", name="Connect").click()
    expect(log).to_contain_text("Nobody answers there.")
    with running("echo", free_port):
        page.get_by_role("button", name="Connect").click()
        expect(state).to_have_text("OPEN")
    page.get_by_label("Server").fill("not an address")
    page.get_by_role("button", name="Connect").click()
    expect(log).to_contain_text("not the address of a WebSocket")


# frames


def test_what_is_typed_is_drawn_both_ways(opened):
    with running("frames") as service:
        page = opened(service.it)
        state, frames = page.get_by_role("status"), page.locator("article")
        expect(state).to_have_text("open")
        page.keyboard.type("<b>é</b>")
        page.keyboard.press("Enter")
        expect(frames).to_have_count(2)
        up, down = frames.nth(1), frames.nth(0)
        expect(up).to_contain_text('this page → server: TEXT, masked, 9 bytes: "<b>é</b>"')
        expect(down).to_contain_text('server → this page: TEXT, 9 bytes: "<b>é</b>"')
        assert up.locator(".field").all_inner_texts()[:6] == [
            "1\nFIN", "0\nRSV1", "0\nRSV2", "0\nRSV3", "0001\nopcode: TEXT", "1\nMASK",
        ]  # fmt: skip
        cells = {
            name: up.locator(f".{name} td").all_inner_texts()
            for name in ("sent", "with", "meant", "says")
        }
        masked = [
            int(sent, 16) ^ int(key, 16)
            for sent, key in zip(cells["sent"], cells["with"], strict=True)
        ]
        assert bytes(masked) == bytes.fromhex("".join(cells["meant"])) == "<b>é</b>".encode()
        assert cells["says"] == ["<", "b", ">", "é", "·", "<", "/", "b", ">"]
        page.get_by_role("button", name="Send as bytes").click()
        expect(frames.nth(1)).to_contain_text("opcode: BINARY")
        page.get_by_role("button", name="Ping me").click()
        expect(frames.nth(0)).to_contain_text("this page → server: PONG, masked")
        expect(frames.nth(1)).to_contain_text("server → this page: PING")
        page.get_by_label("at each key").check()
        page.get_by_label("Message").fill("")
        expect(frames.nth(0)).to_contain_text("TEXT, 0 bytes")
        page.get_by_role("button", name="Close").click()
        expect(frames.nth(1)).to_contain_text('CLOSE, masked, 5 bytes: 1000 "bye"')
        expect(frames.nth(0)).to_contain_text("server → this page: CLOSE")
        expect(state).to_have_text("closed")
        page.get_by_role("button", name="Connect").click()
        expect(state).to_have_text("open")


def test_a_class_joins_with_the_code_and_the_projector_shows_its_frames(opened):
    with running("frames", 0, Access(code="471147", key="KEY")) as service:
        base = service.it.split("?")[0]
        projector = opened(service.it)
        join = projector.locator("#join")
        expect(join).to_contain_text(f"Join in at {base} with the code 471147")
        picture = join.get_by_role("img", name=re.compile("QR code"))
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
        guest = opened(base)
        guest.get_by_label("Join code").fill("000000")
        guest.keyboard.press("Enter")
        expect(guest.get_by_role("alert")).to_have_text("That is not the join code.")
        guest.get_by_label("Join code").fill("471147")
        guest.keyboard.press("Enter")
        expect(guest.get_by_role("status")).to_have_text("open")
        expect(guest.locator("#join")).to_have_count(0)
        guest.get_by_label("Message").fill("from the third row")
        guest.keyboard.press("Enter")
        expect(projector.locator("article").nth(1)).to_contain_text("from the third row")
        expect(projector.locator("article").nth(1)).to_contain_text("guest ")
        projector.get_by_label("Message").fill("mine")
        projector.keyboard.press("Enter")
        expect(projector.locator("article")).to_have_count(4)
        guest.get_by_role("button", name="Close").click()
        expect(guest.locator("article")).to_have_count(4)  # and none of the projector's


# heartbeat


def choose(page, **pings):
    """Choose how often the ends ask, and wait until the new connection stands."""
    for end, choice in pings.items():
        result = page.locator(f"#{end} .result")
        page.locator(f"#{end}").get_by_label("Pings").select_option(choice)
        expect(result).to_contain_text("never" if choice == "never" else "knows after")


def test_each_end_finds_out_by_itself_within_its_formula(opened, monkeypatch):
    # The client knows in 3 seconds at the latest, wherever in its rhythm the line dies.
    monkeypatch.setitem(heartbeat.BEATS, "5 s", (1.0, 5.0))
    with running("heartbeat") as service:
        page = opened(service.it)
        story = page.get_by_role("status")
        expect(story).to_contain_text("they are right")
        choose(page, client="never", server="never")
        page.get_by_role("button", name="Pull the plug").press("Enter")
        expect(story).to_contain_text("Nothing passes")
        page.get_by_role("button", name="Plug it in again").click()
        expect(story).to_contain_text("they are right")
        choose(page, client="2 s", server="5 s")
        # What the page says goes by; a busy machine may look too late.
        page.evaluate("""() => {
          window.told = [];
          const [story, lamp] = ["#story", "#server .lamp"].map(each => document.querySelector(each));
          new MutationObserver(() => told.push([story.textContent, lamp.textContent]))
            .observe(story, {childList: true});
        }""")
        page.get_by_role("button", name="Pull the plug").click()
        expect(story).to_contain_text("Both ends know")
        [nobody, half_open, _] = page.evaluate("told")
        assert nobody[0].startswith("Nothing passes")
        assert half_open[0].startswith("Half open: the client knows")
        assert half_open[1].strip().startswith("alive")
        for end, least in (("client", 1), ("server", 5)):
            expect(page.locator(f"#{end} .lamp")).to_contain_text("gone")
            knew = re.match(r"Knew after ([\d.]+) s", page.locator(f"#{end} .result").inner_text())
            assert float(knew[1]) >= least - 0.1  # at most interval + timeout, unless it is busy
        page.get_by_role("button", name="Plug it in again").click()
        expect(story).to_contain_text("over at both ends")


def test_an_end_without_a_heartbeat_believes_until_it_is_told(opened):
    with running("heartbeat") as service:
        page = opened(service.it)
        server = page.locator("#server")
        choose(page, server="never")
        page.get_by_role("button", name="Pull the plug").click()
        expect(page.get_by_role("status")).to_contain_text("Half open: the client knows")
        expect(server.locator(".lamp")).to_contain_text("alive, it believes")
        page.get_by_role("button", name="Plug it in again").click()
        expect(server.locator(".result")).to_contain_text("Was told")
        page.get_by_role("button", name="Start again").click()
        expect(page.get_by_role("status")).to_contain_text("they are right")


# herd


def test_jitter_saves_the_server_from_the_herd(opened):
    with running("herd") as service:
        page = opened(service.it)
        restart = page.get_by_role("button", name="Restart the server")
        for recipe in ("none", "full"):
            page.get_by_label("They come back").select_option(recipe)
            restart.click()
            expect(restart).to_be_disabled()
            expect(page.get_by_role("status")).to_have_text(re.compile("^All 200 are back"))
            expect(page.locator("#dots .open")).to_have_count(200)
            expect(page.locator("#chart .bar.open").first).to_be_attached()
        rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
        (full, full_peak, full_refused, _), (none, peak, refused, _) = rows
        assert (none, peak, refused) == ("backoff, no jitter", "200", "300")
        assert full == "backoff, full jitter"
        assert int(full_peak) < 200
        assert int(full_refused) < 300


# hijack


@pytest.fixture
def bank(opened):
    with running("hijack") as service:
        page = opened(service.it, "Unexpected response code: 403")
        expect(page.locator("#host option")).to_have_count(2)
        yield page


def visit(bank):
    """Open the link; what the other page says that it has got."""
    bank.get_by_role("button", name="Open a link").click()
    return bank.frame_locator("iframe").get_by_role("log")


@pytest.mark.parametrize("same_site", ["", "Lax", "Strict"])
def test_a_page_on_another_port_uses_the_login_until_the_origin_is_checked(bank, same_site):
    balance, seen = bank.get_by_role("status"), bank.locator("#seen li").first
    bank.get_by_label("SameSite").select_option(same_site)
    bank.get_by_role("button", name="Log in").press("Enter")
    expect(balance).to_contain_text("1000")
    got = visit(bank)
    expect(got).to_contain_text("Read: Ada has 1000")
    expect(got).to_contain_text("Took 100")
    expect(balance).to_contain_text("900")
    host = bank.get_by_label("at", exact=True).input_value()
    expect(seen).to_have_text(f"Origin: http://{host}, cookie: yes. Let in")
    bank.get_by_role("button", name="Origin check: off").click()
    expect(bank.get_by_role("button", name="Origin check: on")).to_be_visible()
    expect(visit(bank)).to_have_text("Got nothing: the handshake was refused")
    expect(seen).to_contain_text("Refused with 403")
    expect(balance).to_contain_text("900")


def test_a_page_of_another_site_gets_no_cookie_from_this_browser(bank):
    bank.get_by_role("button", name="Log in").click()
    bank.get_by_label("at", exact=True).select_option("another site")
    expect(visit(bank)).to_contain_text("the cookie did not come along")
    expect(bank.locator("#seen li").first).to_contain_text("cookie: no. Not logged in")


def test_whoever_is_not_logged_in_has_nothing_to_lose(bank):
    expect(visit(bank)).to_contain_text("the cookie did not come along")
    bank.get_by_role("button", name="Log in").click()
    visit(bank)
    expect(bank.get_by_role("status")).to_contain_text("900")
    bank.get_by_role("button", name="Start again").click()
    expect(bank.get_by_role("status")).to_contain_text("log in to see it")
    bank.get_by_role("button", name="Log in").click()
    expect(bank.get_by_role("status")).to_contain_text("1000")
