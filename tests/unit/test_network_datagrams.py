"""The UDP relay: packets come through, late, or not at all."""

import asyncio

import pytest

from course_lib.network import Direction, Profile
from course_lib.network.datagrams import DatagramLink


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data.upper(), addr)


class _Hears(asyncio.DatagramProtocol):
    def __init__(self):
        self.heard = asyncio.Queue()

    def datagram_received(self, data, addr):
        self.heard.put_nowait(data)


async def through(link_options, talk):
    """Talk to an echo through a link: `talk(link, send, heard)`."""
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(_Echo, local_addr=("127.0.0.1", 0))
    port = server.get_extra_info("sockname")[1]
    async with DatagramLink("127.0.0.1", port, **link_options) as link:
        client, hears = await loop.create_datagram_endpoint(
            _Hears, remote_addr=(link.host, link.port)
        )
        await talk(link, client.sendto, hears.heard)
        client.close()
    server.close()
    await asyncio.sleep(0)


def test_a_packet_comes_through_and_so_does_the_answer():
    async def talk(link, send, heard):
        send(b"hello")
        assert await heard.get() == b"HELLO"
        assert link.passed == {Direction.UP: 1, Direction.DOWN: 1}
        assert not link.lost

    asyncio.run(through({}, talk))


def test_a_packet_is_late_by_what_the_line_takes_both_ways():
    async def talk(link, send, heard):
        loop = asyncio.get_running_loop()
        began = loop.time()
        send(b"hello")
        await heard.get()
        assert loop.time() - began >= 0.1

    asyncio.run(through({"profile": Profile("slow", delay=0.05)}, talk))


def test_a_seed_loses_the_same_packets():
    async def lost_with(seed):
        lost = []

        async def talk(link, send, heard):
            link.loss = 0.5
            for number in range(40):
                send(str(number).encode())
                await asyncio.sleep(0.002)
            link.loss = 0.0
            send(b"last")
            arrived = set()
            while (data := await heard.get()) != b"LAST":
                arrived.add(data)
            lost.append(link.lost[Direction.UP])
            assert len(arrived) == 40 - sum(link.lost.values())

        await through({"seed": seed}, talk)
        return lost[0]

    lost = asyncio.run(lost_with(3))
    assert lost == asyncio.run(lost_with(3))
    assert 5 < lost < 35


@pytest.mark.parametrize("loss", [-0.1, 1.5])
def test_a_loss_is_a_probability(loss):
    with pytest.raises(ValueError, match="probability"):
        DatagramLink("127.0.0.1", 9, loss=loss)
