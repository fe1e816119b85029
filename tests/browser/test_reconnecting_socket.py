"""The page's client, in Chromium, over a link that misbehaves."""

import re
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import serve

from course_lib.network import Link
from course_lib.notebook.background import Service
from course_lib.resilience import RECONNECTING_SOCKET, EventLog, LogHandler
from course_lib.resilience.curable import INCURABLE_CODES
from course_lib.resilience.wire import encode

pytestmark = pytest.mark.browser

START = """([url, options]) => {
  window.got = []; window.statuses = [];
  window.socket = new ReconnectingSocket(url,
    {base: 0.02, cap: 0.1, interval: 0.2, timeout: 20, ...options});
  socket.addEventListener("message", event => got.push(event.data));
  socket.addEventListener("status", event => statuses.push(event.detail));
}"""


class Server:
    """A log, a server of it and a link to that, on one loop in the background."""

    def __init__(self):
        self.log = EventLog()
        self.close_with = None
        self.hellos = 0

    async def handle(self, connection):
        self.hellos += 1
        if self.close_with:
            await connection.close(self.close_with)
        else:
            await LogHandler(self.log, interval=1000, window=8)(connection)

    @asynccontextmanager
    async def running(self):
        await self.start(0)
        async with Link("127.0.0.1", self.port) as self.link:
            yield self
            self.link.heal()
            await self.stop()

    async def start(self, port):
        options = {"ping_interval": None, "close_timeout": 0.1}
        self.server = await serve(self.handle, "127.0.0.1", port, **options)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        await self.server.wait_closed()


@pytest.fixture
def service():
    service = Service("server", Server().running)
    yield service
    service.close()


@pytest.fixture
def do(service):
    """Call something of the server's, in its own thread."""

    def do(function, *arguments):
        async def call():
            result = function(*arguments)
            return await result if hasattr(result, "__await__") else result

        return service.run(call())

    return do


@pytest.fixture
def start(page, service):
    """Open the socket in the page."""
    page.add_script_tag(path=RECONNECTING_SOCKET)

    def start(**options):
        link = service.it.link
        page.evaluate(START, [f"ws://{link.host}:{link.port}", options])

    return start


def until(page, condition):
    page.wait_for_function(condition)


def send(page, *data):
    page.evaluate("data => { for (const each of data) socket.send(each); }", list(data))


def test_the_codes_are_those_of_the_python_client():
    listed = re.search(r"INCURABLE = new Set\(\[(.*?)\]\)", RECONNECTING_SOCKET.read_text("utf-8"))
    assert [int(code) for code in listed[1].split(",")] == [int(code) for code in INCURABLE_CODES]


def test_messages_go_both_ways(page, service, do, start):
    start()
    send(page, "early")
    until(page, "socket.state === 'open'")
    do(service.it.log.publish, {"from": "server"})
    until(page, "got.length === 2 && socket.unacknowledged === 0")
    assert sorted(map(str, page.evaluate("got"))) == ["early", "{'from': 'server'}"]
    until(page, "socket.roundTrip > 0")
    assert [status["state"] for status in page.evaluate("statuses")] == ["open"]


@pytest.mark.parametrize("fault", ["cut", "black hole", "restart"])
def test_nothing_is_lost_or_repeated_over_a_fault(page, service, do, start, fault):
    server = service.it
    start(timeout=0.5 if fault == "black hole" else 20)
    send(page, *range(20))
    until(page, "got.length === 20")
    if fault == "cut":
        do(server.link.cut)
    elif fault == "black hole":
        do(server.link.silence)
    else:
        do(server.stop)
    send(page, *range(20, 40))
    until(page, "statuses.some(status => status.state === 'waiting')")
    if fault == "black hole":
        do(server.link.heal)
    elif fault == "restart":
        do(server.start, server.port)
    until(page, "got.length >= 40 && socket.unacknowledged === 0 && socket.state === 'open'")
    assert page.evaluate("got") == list(range(40))
    assert do(lambda: server.log.last_id) == 40
    assert page.evaluate("[socket.lastId, socket.missed]") == [40, 0]


def test_a_code_that_means_so_ends_it(page, service, start):
    service.it.close_with = 1008
    start()
    until(page, "socket.state === 'closed'")
    assert page.evaluate("statuses") == [{"state": "closed", "code": 1008}]
    assert service.it.hellos == 1
    with pytest.raises(Exception, match="The socket is closed"):
        send(page, "too late")


def test_a_code_that_passes_is_followed_by_another_attempt(page, service, start):
    service.it.close_with = 1013
    start()
    until(page, "statuses.filter(status => status.code === 1013).length >= 3")
    assert page.evaluate("statuses.every(({seconds = 0}) => seconds <= 0.1)")
    service.it.close_with = None
    until(page, "socket.state === 'open'")


def test_delays_start_over_only_after_a_stable_connection(page, service, do, start):
    """With the random source at 1, the delays are the upper limits themselves."""
    page.evaluate("Math.random = () => 1; window.now = 0; performance.now = () => window.now")
    start(base=0.01, cap=1, stable=10)
    for lasted, expected in ((0, 0.01), (9, 0.02), (0, 0.04), (10, 0.01), (0, 0.02)):
        until(page, "socket.state === 'open'")
        page.evaluate(f"statuses.length = 0; window.now += 1000 * {lasted}")
        do(service.it.link.cut)
        until(page, "statuses.some(status => status.state === 'waiting')")
        assert page.evaluate("statuses[0].seconds") == expected


def test_the_outbox_is_bounded(page, service, do, start):
    do(service.it.link.refuse)
    start(capacity=2, whenFull="drop_oldest")
    send(page, 1, 2, 3, 4, 5)
    assert page.evaluate("[socket.dropped, socket.unacknowledged]") == [3, 2]
    do(service.it.link.listen)
    until(page, "got.length === 2")
    assert page.evaluate("got") == [4, 5]


def test_a_full_outbox_can_refuse(page, service, do, start):
    do(service.it.link.refuse)
    start(capacity=2)
    with pytest.raises(Exception, match="2 messages are waiting"):
        send(page, 1, 2, 3)
    with pytest.raises(Exception, match="no JSON form"):
        page.evaluate("socket.send(undefined)")
    do(service.it.link.listen)
    until(page, "got.length === 2")
    assert page.evaluate("got") == [1, 2]


@pytest.mark.parametrize("moment", ["connecting", "open", "waiting"])
def test_closes_at_any_moment(page, service, do, start, moment):
    if moment == "connecting":
        do(service.it.link.silence)
    if moment == "waiting":
        do(service.it.link.refuse)
    start(base=1000, cap=1000, timeout=1000)
    until(page, f"socket.state === '{moment}'")
    page.evaluate("socket.close(); socket.close(); statuses.length = 0")
    assert page.evaluate("socket.state") == "closed"
    do(service.it.link.heal)
    do(service.it.link.listen)
    page.wait_for_timeout(200)
    assert page.evaluate("statuses") == []


def test_what_a_server_repeats_is_left_out(page, service, start):
    async def repeat(connection):
        await connection.recv()
        await connection.send(encode("welcome", log="x", since=0, seq=0, window=9))
        for id in (1, 1, 2, 1):
            await connection.send(encode("event", id=id, data=id))
        await connection.close(1000)

    service.it.handle = repeat
    service.run(service.it.stop())
    service.run(service.it.start(service.it.port))
    start()
    until(page, "socket.state === 'closed'")
    assert page.evaluate("[got, socket.repeated, statuses.at(-1).code]") == [[1, 2], 2, 1000]


def test_another_protocol_ends_it(page, start, service):
    async def chatter(connection):
        await connection.send("Welcome to the chat!")
        await connection.wait_closed()

    service.it.handle = chatter
    service.run(service.it.stop())
    service.run(service.it.start(service.it.port))
    start()
    until(page, "socket.state === 'closed'")
    assert page.evaluate("statuses[0].code") == 4002
