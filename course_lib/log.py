"""A numbered log: what happened, in order, the latest of it kept for those who come late."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Signal:
    """Lets tasks wait until something about some shared values has become true."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake all who wait, to look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until `condition()` is true; it is looked at after each `notify`."""
        while not condition():
            await self._event.wait()


class Log(Generic[Entry]):
    """Entries numbered from 1, of which the latest are kept.

    A reader keeps a cursor, the number of the last entry it has seen, and asks for what came
    after it. So the log holds nothing for each reader, and a slow one costs it no memory.

    Args:
        history: How many entries are kept.

    Attributes:
        last_id: the number of the newest entry; 0 before there is one.
        changed: notified of each new entry.
    """

    def __init__(self, history: int = 10_000) -> None:
        self.last_id = 0
        self.changed = Signal()
        self._history = history
        self._entries: list[Entry] = []

    @property
    def first_id(self) -> int:
        """The number of the oldest entry that is kept; `last_id + 1` if there is none."""
        return self.last_id - min(self.last_id, self._history) + 1

    def append(self, entry: Entry) -> int:
        """Add an entry, wake all who wait for one, and return its number."""
        self._entries.append(entry)
        self.last_id += 1
        if len(self._entries) >= 2 * self._history:
            # To remove them one by one would move all the others each time.
            del self._entries[: len(self._entries) - self._history]
        self.changed.notify()
        return self.last_id

    def __getitem__(self, id: int) -> Entry:
        """The entry with a number from `first_id` to `last_id`."""
        if not self.first_id <= id <= self.last_id:
            raise IndexError(f"The log holds entries {self.first_id} to {self.last_id}, not {id}.")
        return self._entries[id - self.last_id - 1]

    def since(self, last_seen: int) -> list[Entry]:
        """The entries after the one numbered `last_seen`, as far back as they are kept.

        When some are gone already, the first one's number is more than `last_seen + 1`.
        """
        count = min(self.last_id - last_seen, self.last_id - self.first_id + 1)
        return self._entries[-count:] if count > 0 else []

    async def wait_beyond(self, last_seen: int) -> None:
        """Wait until there is an entry after `last_seen`."""
        await self.changed.wait_for(lambda: self.last_id > last_seen)
