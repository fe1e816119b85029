"""The pieces of course_lib.security, each on its own."""

import asyncio
import json
import time
from contextlib import suppress

import pytest
from pydantic import TypeAdapter
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from course_lib.security import (
    LIMITS,
    Addresses,
    AllowedOrigins,
    BadMessage,
    BadToken,
    Bucket,
    Buckets,
    Identity,
    LabAuthority,
    Plain,
    Strict,
    Tickets,
    Tokens,
    auth,
    parse_origin,
    read_json,
    read_message,
    same,
    same_origin,
)
from course_lib.security.origins import BadOrigin


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        ("https://chat.example", True),
        ("https://chat.example:443", True),
        ("HTTPS://Chat.Example", True),
        ("https://xn--bcher-kva.example", True),
        ("https://a.team.example", True),
        ("https://a.b.team.example", True),
        ("https://[2001:db8::1]:8443", True),
        ("https://[2001:DB8:0:0::1]:8443", True),
        ("http://chat.example", False),
        ("https://chat.example:80", False),
        ("https://chat.example:8443", False),
        ("https://chat.example.", False),
        ("https://chat.example.evil.example", False),
        ("https://evilchat.example", False),
        ("https://www.chat.example", False),
        ("https://chat.example@evil.example", False),
        ("https://chat.example/", False),
        ("https://chat.example\\.evil.example", False),
        ("https://chat.example https://evil.example", False),
        ("https://chat.example\n", False),
        ("https://chаt.example", False),  # a Cyrillic а
        ("https://xn--cht-5cd.example", False),  # the same as a browser writes it
        ("https://bücher.example", False),
        ("https://team.example", False),
        ("https://evilteam.example", False),
        ("https://.team.example", False),
        ("https://a.team.example:444", False),
        ("https://chat.example:99999", False),
        ("https://chat.example:", False),
        ("wss://chat.example", False),
        ("file://", False),
        ("null", False),
        ("", False),
        ("*", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(origin, admitted):
    allowed = AllowedOrigins(
        "https://chat.example",
        "https://bücher.example",
        "https://*.team.example",
        "https://[2001:db8::1]:8443",
    )
    assert allowed.admits([origin]) is admitted


def test_programs_have_no_origin_and_nobody_has_two():
    assert AllowedOrigins("https://chat.example").admits([])
    assert not AllowedOrigins("https://chat.example", programs=False).admits([])
    assert not AllowedOrigins("https://chat.example").admits(2 * ["https://chat.example"])
    for wrong in ("null", "chat.example", "https://chat.example/path", "https://127.1"):
        with pytest.raises(BadOrigin):
            AllowedOrigins(wrong)
    assert parse_origin("http://[::0001]").host == "[::1]"


@pytest.mark.parametrize(
    ("host", "origin", "own"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("localhost:8000", "http://LOCALHOST:8000", True),
        ("[::1]:8000", "http://[0::1]:8000", True),
        ("192.0.2.7", "http://192.0.2.7:80", True),
        ("192.0.2.7", "https://192.0.2.7:80", False),
        ("127.0.0.1:8000", "https://127.0.0.1:8000", False),
        ("127.0.0.1:8000", "http://localhost:8000", False),
        ("rebound.example:8000", "http://rebound.example:8000", False),
        ("127.0.0.1.:8000", "http://127.0.0.1.:8000", False),
        ("127.0.0.1:8000", "null", False),
    ],
)
def test_a_page_of_the_server_itself(host, origin, own):
    assert same_origin(Headers({"Host": host, "Origin": origin})) is own


def test_a_token_says_who_and_until_when():
    clock = Clock()
    tokens = Tokens("secret", seconds=60, clock=clock)
    token = tokens.issue("ann", ["say:lobby"])
    ann = tokens.read(token)
    assert (ann.user, ann.expires) == ("ann", 1060.0)
    assert ann.may("say", "lobby")
    assert not ann.may("say", "office")
    assert not ann.may("say")
    others = [Tokens("other", clock=clock), Tokens("secret", purpose="reset", clock=clock)]
    for reader, wrong in [(each, token) for each in others] + [
        (tokens, token[:-1]), (tokens, "x" + token), (tokens, ""), (tokens, "é"), (tokens, "\ud800")
    ]:  # fmt: skip
        with pytest.raises(BadToken, match="not valid"):
            reader.read(wrong)
    clock.now = 1060.0
    with pytest.raises(BadToken, match="expired"):
        tokens.read(token)


def test_a_ticket_is_used_once_and_soon():
    clock = Clock()
    tickets = Tickets(30, clock=clock)
    ann = Identity("ann", 2000.0)
    first, second = tickets.issue(ann), tickets.issue(ann)
    assert tickets.redeem(first) == ann
    clock.now += 30
    for ticket in (first, second, "", "x"):
        with pytest.raises(BadToken):
            tickets.redeem(ticket)
    tickets.issue(ann)
    assert len(tickets._open) == 1


def test_secrets_are_compared():
    assert same("é\ud800", "é\ud800")
    assert not same("a", "b")
    assert not same("", "b")


def test_where_a_client_says_who_it_is():
    def request(path="/", **headers):
        return Request(path, Headers({k.replace("_", "-"): v for k, v in headers.items()}))

    assert auth.from_cookie(request(Cookie="a=1; session=x.y"), "session") == "x.y"
    assert auth.from_cookie(request(Cookie="a=1"), "session") == ""
    assert auth.from_query(request("/chat?ticket=t-1")) == "t-1"
    assert auth.from_query(request("/chat?ticket=1&ticket=2")) == ""
    assert auth.from_header(request(Authorization="bearer abc")) == "abc"
    assert auth.from_header(request(Authorization="Basic abc")) == ""
    assert auth.from_subprotocol(request(Sec_WebSocket_Protocol="chat, token.abc")) == "abc"
    assert auth.from_subprotocol(request()) == ""
    assert auth.without_token(None, ["token.abc", "chat"]) == "chat"


def test_a_connection_ends_with_its_token_and_without_a_login():
    clock = Clock()

    async def handler(connection):
        try:
            await auth.from_first_message(connection, 0.1)
            async with auth.while_valid(connection, Identity("ann", 1000.1), clock):
                await connection.wait_closed()
        except BadToken as error:
            await auth.turn_away(connection, str(error))

    async def main():
        lab = LabAuthority()
        async with serve(handler, "127.0.0.1", 0, ssl=lab.server_context()) as server:
            url = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for said, reason in (("login", "token has expired"), ("", "Nobody has logged in")):
                context = lab.client_context()
                async with connect(url, ssl=context, proxy=None) as connection:
                    if said:
                        await connection.send(said)
                    with pytest.raises(ConnectionClosed, match=f"1008.*{reason}"):
                        await connection.recv()
            with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
                await connect(url, ssl=LabAuthority().client_context(), proxy=None)
            with pytest.raises(OSError, match=r"CERTIFICATE_VERIFY_FAILED.*192\.0\.2\.1"):
                await connect(
                    url, ssl=lab.client_context(), server_hostname="192.0.2.1", proxy=None
                )

    asyncio.run(main())


class Message(Strict):
    text: Plain
    number: float = 0.0


SHAPE = TypeAdapter(Message)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{}", "not_text"),
        ("", "not_json"),
        ("{", "not_json"),
        ("x" * 20_000, "too_large"),
        ('"' + "é" * 9_000 + '"', "too_large"),
        ("\ud800", "bad_text"),
        ('{"text": "\\ud800"}', "bad_text"),
        ('{"\\udfff": 1}', "bad_text"),
        ('{"text": "a\\u0000"}', "bad_text"),
        ('{"text": "a\\u001b[2J"}', "bad_text"),
        ('{"text": "a\\u202eb"}', "bad_text"),
        ("[" * 8_000, "too_deep"),
        ('{"a":' * 9 + "1" + "}" * 9, "too_deep"),
        ('{"text": "a", "text": "b"}', "duplicate_field"),
        ('{"text": "a", "number": NaN}', "bad_number"),
        ('{"text": "a", "number": -Infinity}', "bad_number"),
        ('{"text": "a", "number": 1e999}', "bad_number"),
        ('{"text": "a", "number": 9007199254740992}', "bad_number"),
        ('{"text": "a", "number": ' + "9" * 5000 + "}", "bad_number"),
        ('{"text": "a", "more": 1}', "wrong_fields"),
        ('{"text": 1}', "wrong_fields"),
        ('{"text": "a", "number": "1"}', "wrong_fields"),
        ("{}", "wrong_fields"),
        ("[]", "wrong_fields"),
        ("null", "wrong_fields"),
    ],
)
def test_a_message_that_is_none(data, code):
    with pytest.raises(BadMessage) as found:
        read_message(data, SHAPE)
    assert found.value.code == code
    assert str(found.value).endswith(".")
    assert len(str(found.value)) < 300


def test_a_text_without_its_end_costs_no_more_than_one_with_it():
    def cost(data):
        began = time.process_time()
        for _ in range(5):
            with suppress(BadMessage):
                read_json(data)
        return time.process_time() - began

    quotes = '\\"' * 8_000
    assert cost(f'"{quotes}') < 20 * cost(f'"{quotes}"')


def test_a_message_that_is_one():
    assert read_message('{"text": "e\\u0301 [[[[[[[[[\\t\\n", "number": 2}', SHAPE) == Message(
        text="é [[[[[[[[[\t\n", number=2.0
    )
    assert read_json('{"a": [-9007199254740991, 1.5, true, null, "\\ud83d\\ude00"]}') == {
        "a": [-9007199254740991, 1.5, True, None, "😀"]
    }
    assert read_json(json.dumps("x" * 10), max_bytes=12) == "x" * 10


def test_buckets_fill_again_and_are_forgotten():
    clock = Clock()
    bucket = Bucket(2.0, 3, clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now += 0.5
    assert [bucket.take(), bucket.take()] == [True, False]

    buckets = Buckets(1.0, 1, clock, most=2)
    assert buckets.take("a")
    assert buckets.empty("a")
    assert not buckets.take("a")
    assert buckets.take("b")
    assert not buckets.take("c")  # nobody is forgotten who has taken
    clock.now += 1
    assert buckets.take("c")
    assert len(buckets) == 1


def test_an_address_has_so_many_places():
    addresses = Addresses(2)
    assert [addresses.enter("a") for _ in range(3)] == [True, True, False]
    assert addresses.enter("b")
    addresses.leave("a")
    assert addresses.enter("a")


def test_every_limit_says_what_comes_of_it_in_one_way():
    for limit in LIMITS.values():
        assert not (limit.status and limit.close_code)
        assert bool(limit.reason) == bool(limit.status or limit.close_code)
        assert limit.close_code in (0, 1008, 1009)
