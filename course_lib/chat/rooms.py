"""The chat itself: who is in which room, and what a command does. Nothing here knows a socket.

Everything that happens is an event on one numbered log, addressed to a room or to one client, and
`course_lib.resilience.LogHandler` brings each client up to date with what it may hear.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from course_lib.chat import talk
from course_lib.chat.limits import Limits
from course_lib.chat.names import BadName, skeleton, tidy
from course_lib.chat.talk import Refusal, Said
from course_lib.resilience import EventLog
from course_lib.resilience.wire import ProtocolViolation
from course_lib.security import LIMITS, Buckets, same

MAX_HISTORY = 20_000
"""How much of a room a newcomer sees at most, in characters of what was said."""

_REFUSALS = 100
"""How many commands in a row of one client are refused as too fast before it is closed."""

Notify = Callable[[Iterable[str], object], object]
"""Sends a note to some clients."""


@dataclass(frozen=True, slots=True)
class Member:
    """A client in a room: its name there, its key, and the first event that it hears."""

    name: str
    key: str
    since: int


@dataclass(slots=True)
class Room:
    """A room: its members by client, and what was said in it last."""

    name: str
    said: deque[Said]
    members: dict[str, Member] = field(default_factory=dict)


class Chat:
    """The rooms of one chat, over one log.

    Args:
        limits: How much one client may take.
        log: Where events go; it outlives connections and restarts of the server.
        clock: The time in seconds since 1970.
        monotonic: A clock for the limits on rates.

    Attributes:
        rooms: the open ones by name, in the order of their opening.
        notify: sends notes; whoever carries the connections sets it.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        log: EventLog | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.log = log or EventLog()
        self.log.on_message = self.take
        self.rooms: dict[str, Room] = {}
        self.notify: Notify = lambda _clients, _data: None
        self._clock = clock
        # A client has its bucket for as long as it is here; others decide how many there may be.
        self._rates = Buckets(self.limits.rate, self.limits.burst, monotonic, most=sys.maxsize)
        self._patience = Buckets(self.limits.rate, _REFUSALS, monotonic)

    @property
    def clients(self) -> list[str]:
        """Those who have asked for something, in a room or not, and are not gone."""
        return list(self._rates)

    def take(self, client: str, data: object) -> None:
        """Carry out what a client asks for, or tell it why not.

        Raises:
            ProtocolViolation: It was told often enough that this is too fast.
        """
        try:
            self._within_rate(client)
            asked = talk.command(data)
        except Refusal as refusal:
            # As a note: a flood of commands must not become a flood of events.
            self.notify([client], _refused(refusal).model_dump())
            return
        try:
            self._do(client, asked)
        except (Refusal, BadName) as refusal:
            self._tell(client, _refused(refusal, asked.room))

    def note(self, client: str, data: object) -> None:
        """Pass on that somebody is typing; anything else that comes as a note is dropped."""
        try:
            self._within_rate(client)
            asked = talk.command(data)
            room, member = self._place(client, asked.room)
        except Refusal:
            return
        if isinstance(asked, talk.Typing):
            others = [each for each in room.members if each != client]
            self.notify(others, talk.Typing(room=room.name, user=member.name).model_dump())

    def hears(self, client: str, id: int, to: str) -> bool:
        """Whether the event with a number, addressed so, is for a client."""
        if to == f"client {client}":
            return True
        room = self.rooms.get(to.removeprefix("room "))
        member = room.members.get(client) if room else None
        return member is not None and id >= member.since

    def state(self) -> dict[str, Any]:
        """All of it in values of JSON, which `restore` makes the same chat of, its log included."""
        rooms = [
            [room.name, [each.model_dump() for each in room.said],
             {client: [it.name, it.key, it.since] for client, it in room.members.items()}]
            for room in self.rooms.values()
        ]  # fmt: skip
        return {
            "log": self.log.state(),
            "rooms": rooms,
            "rates": self._rates.state(),
            "patience": self._patience.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become the chat that gave this `state`."""
        self.log.restore(state["log"])
        for name, said, members in state["rooms"]:
            heard = deque((Said(**each) for each in said), maxlen=self.limits.history)
            people = {client: Member(*each) for client, each in members.items()}
            self.rooms[name] = Room(name, heard, people)
        self._rates.restore(state["rates"])
        self._patience.restore(state["patience"])

    def leave_all(self, client: str) -> None:
        """Take a client out of every room: it is gone and has not come back in time."""
        for room in list(self.rooms.values()):
            if client in room.members:
                self._leave(client, room)
        self._rates.forget(client)

    def _do(self, client: str, asked: talk.Command) -> None:
        match asked:
            case talk.Join():
                self._join(client, asked)
            case talk.Leave():
                room, _ = self._place(client, asked.room)
                self._leave(client, room)
            case talk.Say():
                room, member = self._place(client, asked.room)
                self._say(room, member.name, asked.text)
            case talk.Direct():
                self._direct(client, asked)
            case talk.Typing():
                raise Refusal("not_understood", "That you are typing goes as a note.")

    def _join(self, client: str, asked: talk.Join) -> None:
        name, title = tidy(asked.name), tidy(asked.room)
        room = self.rooms.get(title)
        if room and client in room.members and room.members[client].name == name:
            return  # a client that came back says so again, to be sure
        if room:
            self._make_way(room, client, name, asked.key)
        self._check_room(client, room)
        if room is None:
            room = self.rooms[title] = Room(title, deque(maxlen=self.limits.history))
        if client in room.members:
            self._leave(client, room, close=False)
        since = self.log.last_id + 1
        taken_over = [old for old, member in room.members.items() if member.name == name]
        for old in taken_over:
            del room.members[old]
        room.members[client] = Member(name, asked.key, since)
        if not taken_over:
            self._publish(room, talk.Joined(room=title, user=name, at=self._clock()))
        names = tuple(member.name for member in room.members.values())
        entered = talk.Entered(room=title, name=name, members=names, history=_latest(room.said))
        self._tell(client, entered)

    def _make_way(self, room: Room, client: str, name: str, key: str) -> None:
        """See to it that nobody else in the room has this name, or one that looks like it."""
        for other, member in room.members.items():
            if other == client or skeleton(member.name) != skeleton(name):
                continue
            if member.name != name or not same(member.key, key):
                raise Refusal(
                    "name_taken", f"Somebody in {room.name} is called {member.name} already."
                )

    def _check_room(self, client: str, room: Room | None) -> None:
        inside = sum(client in each.members for each in self.rooms.values())
        if inside >= self.limits.rooms_each and not (room and client in room.members):
            raise Refusal("too_many_rooms", f"You are in {inside} rooms: leave one first.")
        if room is None and len(self.rooms) >= self.limits.rooms:
            raise Refusal("too_many_rooms", "There are as many rooms as this server has place for.")
        if room and len(room.members) >= self.limits.members and client not in room.members:
            raise Refusal("room_full", f"{room.name} is full.")

    def _leave(self, client: str, room: Room, *, close: bool = True) -> None:
        member = room.members.pop(client)
        left = talk.Left(room=room.name, user=member.name, at=self._clock())
        self._publish(room, left)
        self._tell(client, left)
        if close and not room.members:
            del self.rooms[room.name]

    def _say(self, room: Room, name: str, text: str) -> None:
        said = Said(id=self.log.last_id + 1, room=room.name, user=name, text=text, at=self._clock())
        room.said.append(said)
        self._publish(room, said)

    def _direct(self, client: str, asked: talk.Direct) -> None:
        room, member = self._place(client, asked.room)
        to = next((who for who, each in room.members.items() if each.name == asked.to), None)
        if to is None:
            raise Refusal("nobody", f"Nobody in {room.name} is called {asked.to}.")
        told = talk.Told(
            room=room.name, user=member.name, to=asked.to, text=asked.text, at=self._clock()
        )
        for each in dict.fromkeys((client, to)):  # once, if they told it to themselves
            self._tell(each, told)

    def _place(self, client: str, name: str) -> tuple[Room, Member]:
        room = self.rooms.get(name)
        member = room.members.get(client) if room else None
        if room is None or member is None:
            raise Refusal("not_in_room", f"You are not in the room {name}.")
        return room, member

    def _within_rate(self, client: str) -> None:
        if not self._rates.take(client):
            if not self._patience.take(client):
                raise ProtocolViolation(LIMITS["rate"].reason)
            raise Refusal(
                "too_fast",
                f"That was too fast and is not sent: {self.limits.rate:g} messages a second.",
            )

    def _publish(self, room: Room, event: talk.Event) -> None:
        self.log.publish(event.model_dump(), to=f"room {room.name}")

    def _tell(self, client: str, event: talk.Event) -> None:
        self.log.publish(event.model_dump(), to=f"client {client}")


def _latest(said: Iterable[Said]) -> tuple[Said, ...]:
    """What was said last, as much as a newcomer gets: this stands on the log for each of them."""
    history = list(said)
    while sum(len(each.text) for each in history) > MAX_HISTORY:
        del history[0]
    return tuple(history)


def _refused(why: Refusal | BadName, room: str = "") -> talk.Refused:
    code: talk.Reason = why.code if isinstance(why, Refusal) else "bad_name"
    return talk.Refused(code=code, text=str(why), room=room)
