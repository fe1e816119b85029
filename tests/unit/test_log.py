"""The numbered log under every feed."""

import asyncio

import pytest

from course_lib.log import Log, Signal


def test_it_numbers_its_entries_and_keeps_the_latest():
    log = Log[str](history=3)
    assert (log.first_id, log.last_id, log.since(0)) == (1, 0, [])
    for number, name in enumerate("abcdefghij", 1):
        assert log.append(name) == number
        kept = "abcdefghij"[max(0, number - 3) : number]
        assert log.since(0) == list(kept)
        assert (log.first_id, log.last_id) == (number - len(kept) + 1, number)
        for id in range(log.first_id, log.last_id + 1):
            assert log[id] == "abcdefghij"[id - 1]
            assert log.since(id) == list("abcdefghij"[id:number])
    assert log.since(10) == log.since(99) == []
    for id in (0, 7, 11):
        with pytest.raises(IndexError, match="entries 8 to 10"):
            log[id]


def test_it_wakes_who_waits():
    async def main():
        log = Log[int]()
        waiting = asyncio.create_task(log.wait_beyond(1))
        await asyncio.sleep(0)
        log.append(1)
        await asyncio.sleep(0)
        assert not waiting.done()
        log.append(2)
        await waiting
        await log.wait_beyond(1)

    asyncio.run(main())


def test_a_signal_is_heard_by_all_who_wait():
    async def main():
        signal, values = Signal(), []
        waiting = [
            asyncio.create_task(signal.wait_for(lambda n=n: len(values) > n)) for n in range(3)
        ]
        for _ in range(3):
            await asyncio.sleep(0)
            values.append(1)
            signal.notify()
        async with asyncio.timeout(30):
            await asyncio.gather(*waiting)

    asyncio.run(main())
