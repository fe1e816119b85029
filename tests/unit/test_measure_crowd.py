"""Halls and crowds: real servers and clients in processes of their own."""

import asyncio
import sys

import pytest

from course_lib.errors import CourseError
from course_lib.measure.crowd import Crowd, Hall, Way, fill


def test_every_way_reaches_every_client_once():
    async def main():
        async with Hall(None) as hall, Crowd(3, compression=None) as crowd:
            assert await crowd.grow(hall.url, 40) > 0
            for count, way in enumerate(Way, 1):
                sent = await hall.send(way, way)
                arrivals = await crowd.arrivals(count)
                assert len(arrivals) == 40
                assert sent.began < arrivals[0] <= arrivals[-1]
                assert sent.finished
                assert sent.cpu_seconds > 0

    asyncio.run(main())


def test_only_broadcast_is_done_when_one_client_reads_nothing():
    async def main():
        async with Hall(None) as hall, Crowd(1, compression=None) as crowd:
            await crowd.grow(hall.url, 1, reading=False)
            await crowd.grow(hall.url, 3)
            large = "x" * 1_000_000
            # What the kernel and the library keep for a client has an end; then a sender waits.
            for count in range(1, 200):
                sent = await hall.send(large, Way.GATHER, limit=1)
                await crowd.arrivals(count)
                if not sent.finished:
                    break
            assert not sent.finished
            assert (await hall.send(large, Way.BROADCAST)).finished
            assert len(await crowd.arrivals(count + 1)) == 3

    asyncio.run(main())


def test_a_server_is_filled_step_by_step():
    none = asyncio.run(fill([50, 250], None))
    deflate = asyncio.run(fill([50, 250]))
    assert [each.clients for each in none] == [50, 250]
    more, more_deflate = (after.memory - before.memory for before, after in (none, deflate))
    assert 0 < more < more_deflate


@pytest.mark.parametrize("sizes", [[], [10, 5]])
def test_sizes_have_to_grow(sizes):
    with pytest.raises(ValueError, match="sizes that grow"):
        asyncio.run(fill(sizes))


def test_a_crowd_without_a_server_says_so():
    async def main():
        async with Hall(None) as hall:
            url = hall.url
        async with Crowd(1) as crowd:
            await crowd.grow(url, 2)

    with pytest.raises(CourseError, match="did not open"):
        asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_of_open_files_is_said():
    async def main():
        async with Hall(files=10**9):
            raise AssertionError("There is no system with so many.")

    with pytest.raises(CourseError, match="open files"):
        asyncio.run(main())


def test_a_client_whose_connection_ends_is_not_awaited_forever():
    async def main():
        async with Crowd(1) as crowd:
            async with Hall() as hall:
                await crowd.grow(hall.url, 2)
            await crowd.arrivals(1)

    with pytest.raises(CourseError, match="has ended"):
        asyncio.run(main())
