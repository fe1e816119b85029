"""A real Chromium opens a WebTransport session, with the hash of the certificate alone."""

import asyncio

import pytest

from course_lib.beyond.http2 import http2_server
from course_lib.beyond.webtransport import webtransport_server
from course_lib.security import LabAuthority
from tests.browser import test_security
from tests.browser.certificates import chromium_flag
from tests.browser.conftest import FLAGS
from tests.browser.test_security import _needs_chromium, chromium  # noqa: F401

pytestmark = pytest.mark.browser

TALK = """async ({url, hash}) => {
  const transport = new WebTransport(url, {
    serverCertificateHashes: [{algorithm: "sha-256", value: new Uint8Array(hash)}],
  });
  await transport.ready;
  const decode = bytes => new TextDecoder().decode(bytes), encode = text => new TextEncoder().encode(text);

  const stream = await transport.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(encode("in a stream"));
  await writer.close();
  let back = "";
  for await (const chunk of stream.readable) back += decode(chunk);

  const datagrams = transport.datagrams;
  const sending = datagrams.writable?.getWriter() ?? datagrams.createWritable().getWriter();
  const reading = datagrams.readable.getReader();
  await sending.write(encode("as a datagram"));
  const {value} = await reading.read();
  transport.close();
  return [back, decode(value)];
}"""


def talk(hash_of):
    """What a page at this machine hears from the server whose certificate has that hash."""

    async def main():
        lab = LabAuthority()
        async with (
            webtransport_server(lab) as server,
            http2_server(lab) as pages,
            chromium(chromium_flag(lab)) as browser,
        ):
            page = await browser.new_page()
            await page.goto(f"https://127.0.0.1:{pages.port}/")
            url = f"https://127.0.0.1:{server.port}/talk"
            return await page.evaluate(TALK, {"url": url, "hash": [*hash_of(lab)]})

    return asyncio.run(main())


@pytest.fixture(autouse=True)
def _with_quic(monkeypatch):
    with_quic = [flag for flag in FLAGS if flag != "--disable-quic"]
    monkeypatch.setattr(test_security, "FLAGS", with_quic)


def test_a_stream_and_a_datagram_come_back():
    assert talk(LabAuthority.certificate_hash) == ["in a stream", "as a datagram"]


def test_another_certificates_hash_opens_nothing():
    with pytest.raises(Exception, match="WebTransportError"):
        talk(lambda lab: LabAuthority().certificate_hash())
