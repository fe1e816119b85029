"""WebSockets over HTTP/2, and WebTransport: our ends of them, on loopback."""

import asyncio
import importlib.util
from datetime import timedelta

import pytest
from cryptography import x509
from websockets.asyncio.client import connect

import course_lib.beyond
from course_lib.beyond.http2 import Http2Client, http2_server
from course_lib.beyond.webtransport import session, webtransport_server
from course_lib.errors import CourseError
from course_lib.network import Link
from course_lib.protocol import Connection, Pong, Role
from course_lib.security import LabAuthority


def run(talk):
    async def main():
        async with asyncio.timeout(60):
            await talk(LabAuthority())

    asyncio.run(main())


def test_without_the_extra_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match=r"^Lesson 12 needs hypercorn and aioquic: .*\.$"):
        importlib.reload(course_lib.beyond)


def test_websockets_are_streams_of_one_connection():
    async def talk(lab):
        async with http2_server(lab) as server, Link("127.0.0.1", server.port) as link:
            async with Http2Client(link.port, lab) as client:
                sockets = [await client.websocket("/echo") for _ in range(3)]
                for number, each in enumerate(sockets):
                    await each.send(f"message {number}")
                assert [await each.recv() for each in sockets] == [f"message {n}" for n in range(3)]
                assert sockets[0].wire == b"\x81\x09message 0"
                assert (":protocol", "websocket") in client.sent
                assert (":status", "200") in client.received
            assert link.counts.connections == 1
            with pytest.raises(EOFError):
                await sockets[0].recv()

    run(talk)


def test_a_websocket_in_a_stream_answers_a_ping_and_a_close():
    async def talk(lab):
        async with http2_server(lab) as server, Http2Client(server.port, lab) as client:
            websocket = await client.websocket("/echo")
            wrote = []
            client.write = lambda stream, data: wrote.append(data)
            peer = Connection(Role.SERVER)
            websocket.take(peer.ping(b"there?") + peer.close(1001))
            (pong,) = peer.receive(wrote[0])
            (close,) = peer.receive(wrote[1])
            assert pong == Pong(b"there?")
            assert close.code == 1001

    run(talk)


def test_a_connection_that_has_ended_opens_no_websocket():
    async def talk(lab):
        async with (
            http2_server(lab) as server,
            Link("127.0.0.1", server.port) as link,
            Http2Client(link.port, lab) as client,
        ):
            link.cut()
            await asyncio.wait([client._reading])
            for _ in range(2):
                with pytest.raises(ConnectionError):
                    await client.websocket("/echo")

    run(talk)


def test_the_same_server_speaks_http1():
    async def talk(lab):
        async with http2_server(lab) as server:
            url = f"wss://127.0.0.1:{server.port}/echo"
            async with connect(url, ssl=lab.client_context(), proxy=None) as websocket:
                await websocket.send("hello")
                assert await websocket.recv() == "hello"

    run(talk)


def test_a_session_has_streams_and_datagrams():
    async def talk(lab):
        async with webtransport_server(lab) as server, session(server.port, lab) as client:
            long = bytes(100_000)
            assert await asyncio.gather(client.exchange(b"hi"), client.exchange(long)) == [
                b"hi",
                long,
            ]
            client.send_datagram(b"quick")
            assert await client.datagrams.get() == b"quick"

    run(talk)


def test_a_certificate_for_a_browser_is_short_lived():
    lab = LabAuthority()
    pem = lab.certificate().cert_chain_pems[0].bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=1) < lifetime <= timedelta(days=14)
    assert len(lab.certificate_hash()) == 32
    assert lab.certificate_hash() == lab.certificate_hash()
    assert lab.certificate_hash() != lab.certificate_hash("localhost")
