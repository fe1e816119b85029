"""A real Chromium opens a WebTransport session, with the hash of the certificate alone."""

import ast
import asyncio
from pathlib import Path

import nbformat
import pytest

from course_lib.beyond.http2 import http2_server
from course_lib.beyond.webtransport import webtransport_server
from course_lib.security import LabAuthority
from tests.browser import test_security
from tests.browser.certificates import chromium_flag
from tests.browser.conftest import FLAGS
from tests.browser.test_security import _needs_chromium, chromium  # noqa: F401

pytestmark = pytest.mark.browser

LESSON = Path(__file__).parents[2] / "notebooks/12_what_next.ipynb"


def lesson_script():
    """The JavaScript that lesson 12 runs in the reader's browser."""
    cells = nbformat.read(LESSON, as_version=4).cells
    (source,) = (cell.source for cell in cells if "new WebTransport(" in cell.source)
    return ast.literal_eval(ast.parse(source).body[0].value)


TALK = f"""async ({{url, hash}}) => {{
  const lines = [], log = (...values) => {{ lines.push(values.join(" ")); }};
  await (async () => {{ {lesson_script()} }})();
  return lines;
}}"""
HEARD = ["the session is open", "in a stream each: one,two,three", "as a datagram: four"]


def talk(hash_of, page_at="https://127.0.0.1:{port}/"):
    """What a page hears from the server whose certificate has that hash."""

    async def main():
        lab = LabAuthority()
        async with (
            webtransport_server(lab) as server,
            http2_server(lab) as pages,
            chromium(chromium_flag(lab)) as browser,
        ):
            page = await browser.new_page()
            await page.goto(page_at.format(port=pages.port))
            url = f"https://127.0.0.1:{server.port}/talk"
            return await page.evaluate(TALK, {"url": url, "hash": [*hash_of(lab)]})

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def _with_quic(monkeypatch):
    with_quic = [flag for flag in FLAGS if flag != "--disable-quic"]
    monkeypatch.setattr(test_security, "FLAGS", with_quic)


def test_streams_and_a_datagram_come_back():
    assert talk(LabAuthority.certificate_hash) == HEARD


def test_where_there_is_no_webtransport_the_lesson_says_so():
    insecure = "data:text/html,a page that has no WebTransport"
    heard = talk(LabAuthority.certificate_hash, insecure)
    assert heard == ["This browser has no WebTransport."]


def test_another_certificates_hash_opens_nothing():
    with pytest.raises(Exception, match="WebTransportError"):
        talk(lambda lab: LabAuthority().certificate_hash())
