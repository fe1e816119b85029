"""The chat without a socket: commands in, events on the log."""

import json
from itertools import count

import pytest

from course_lib.chat import Chat, Limits
from course_lib.resilience.wire import ProtocolViolation

KEY = "a key of one's own"


class World:
    """A chat, its clocks, and what each client has heard since it was last asked."""

    def __init__(self, **limits):
        self.now = 1000.0
        self.chat = Chat(Limits(**limits), clock=self.clock, monotonic=self.clock)
        self.chat.notify = self.notify
        self.notes = []
        self._sequence = count(1)
        self._heard = {}

    def clock(self):
        return self.now

    def notify(self, clients, data):
        self.notes += [(client, data) for client in clients]

    def ask(self, client, **command):
        self.now += 1  # nobody is too fast by accident
        self.chat.log.take(client, next(self._sequence), command)

    def join(self, client, name, room="lobby", key=KEY):
        self.ask(client, type="join", room=room, name=name, key=key)

    def hear(self, client):
        """The events for a client since the last time, as (type, what matters most)."""
        log = self.chat.log
        first = self._heard.get(client, 0) + 1
        self._heard[client] = log.last_id
        numbers = [
            n for n in range(first, log.last_id + 1) if self.chat.hears(client, n, log[n].to)
        ]
        return [json.loads(log[n].text)["data"] for n in numbers]

    def told(self, client):
        """The types of the events for a client since the last time."""
        return [event["type"] for event in self.hear(client)]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def two(world):
    world.join("a", "Ann")
    world.join("b", "Bob")
    world.hear("a")
    world.hear("b")
    return world


def test_who_enters_learns_who_is_there_and_the_others_learn_of_them(world):
    world.join("a", "Ann")
    world.join("b", "Bob")
    joined, entered, news = world.hear("a")
    assert (joined["type"], joined["user"]) == ("joined", "Ann")
    assert (entered["name"], entered["members"]) == ("Ann", ["Ann"])
    assert (news["type"], news["user"]) == ("joined", "Bob")
    assert world.hear("b")[-1]["members"] == ["Ann", "Bob"]


def test_what_is_said_is_heard_in_the_room_and_nowhere_else(two):
    two.join("c", "Cora", room="kitchen")
    two.hear("c")
    two.ask("a", type="say", room="lobby", text="hello")
    for client in "ab":
        (said,) = two.hear(client)
        assert (said["user"], said["text"], said["at"]) == ("Ann", "hello", two.now)
    assert two.hear("c") == []


def test_a_newcomer_gets_the_history_with_the_numbers_of_the_events(two):
    for n in range(3):
        two.ask("a", type="say", room="lobby", text=f"{n}")
    heard = two.hear("a")
    two.join("c", "Cora")
    entered = two.hear("c")[-1]
    assert entered["history"] == heard


def test_the_history_is_bounded():
    world = World(history=2)
    world.join("a", "Ann")
    for n in range(3):
        world.ask("a", type="say", room="lobby", text=f"{n}")
    world.join("b", "Bob")
    assert [said["text"] for said in world.hear("b")[-1]["history"]] == ["1", "2"]


def test_a_direct_message_reaches_two_people(two):
    two.join("c", "Cora")
    for client in "abc":
        two.hear(client)
    two.ask("a", type="direct", room="lobby", to="Bob", text="psst")
    assert two.hear("c") == []
    assert two.hear("a") == two.hear("b") != []
    two.ask("a", type="direct", room="lobby", to="Ann", text="to myself")
    assert two.told("a") == ["told"]


def test_typing_is_a_note_to_the_others_and_no_event(two):
    last = two.chat.log.last_id
    two.chat.note("a", {"type": "typing", "room": "lobby"})
    assert two.notes == [("b", {"type": "typing", "room": "lobby", "user": "Ann"})]
    assert two.chat.log.last_id == last


@pytest.mark.parametrize(
    "data", [None, "typing", {"type": "typing"}, {"type": "typing", "room": "attic"},
             {"type": "say", "room": "lobby", "text": "as a note"}]
)  # fmt: skip
def test_any_other_note_is_dropped(two, data):
    last = two.chat.log.last_id
    two.chat.note("a", data)
    assert two.notes == []
    assert two.chat.log.last_id == last


def test_who_leaves_hears_of_it_and_then_nothing_more(two):
    two.ask("a", type="leave", room="lobby")
    two.ask("b", type="say", room="lobby", text="gone?")
    assert two.told("a") == ["left"]
    assert two.told("b") == ["left", "said"]
    two.ask("b", type="leave", room="lobby")
    assert two.chat.rooms == {}


def test_who_is_lost_leaves_every_room(two):
    two.join("a", "Ann", room="kitchen")
    two.chat.leave_all("a")
    assert [list(room.members) for room in two.chat.rooms.values()] == [["b"]]
    two.chat.leave_all("nobody")


@pytest.mark.parametrize("name", ["Bob", "bob", "Воb", "B ob"])
def test_a_name_that_is_taken_or_looks_so_is_refused(two, name):
    two.join("c", name, key="another key, of Cora's")
    (refused,) = two.hear("c")
    assert refused["code"] == "name_taken"
    assert len(two.chat.rooms["lobby"].members) == 2


def test_whoever_has_the_key_takes_the_name_over_and_nobody_sees_it(two):
    two.join("new", "Ann")
    assert two.told("b") == []
    assert two.hear("new")[-1]["members"] == ["Bob", "Ann"]
    assert list(two.chat.rooms["lobby"].members) == ["b", "new"]
    two.ask("a", type="say", room="lobby", text="still me?")
    assert two.hear("a")[-1]["code"] == "not_in_room"


def test_to_join_again_is_no_news_and_another_name_is(two):
    two.join("a", "Ann")
    assert two.told("a") == two.told("b") == []
    two.join("a", "Anna")
    assert two.told("b") == ["left", "joined"]
    assert two.hear("a")[-1]["members"] == ["Bob", "Anna"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"type": "say", "room": "attic", "text": "x"}, "not_in_room"),
        ({"type": "leave", "room": "attic"}, "not_in_room"),
        ({"type": "direct", "room": "lobby", "to": "Zoe", "text": "x"}, "nobody"),
        ({"type": "join", "room": "", "name": "Ann", "key": KEY}, "bad_name"),
        ({"type": "join", "room": "attic", "name": "x" * 21, "key": KEY}, "bad_name"),
        ({"type": "typing", "room": "lobby"}, "not_understood"),
    ],
)
def test_what_can_not_be_done_is_refused_with_a_sentence(two, command, code):
    two.ask("a", **command)
    (refused,) = two.hear("a")
    assert refused["code"] == code
    assert refused["text"].endswith(".")
    assert two.told("b") == []


@pytest.mark.parametrize(
    "data",
    [
        None, 5, "hello", [], {}, {"type": "shout"}, {"type": "say"}, {"type": ["say"]},
        {"type": "say", "room": "lobby", "text": ""},
        {"type": "say", "room": "lobby", "text": "x" * 2001},
        {"type": "say", "room": "lobby", "text": 5},
        {"type": "join", "room": "lobby", "name": "Ann", "key": "short"},
    ],
)  # fmt: skip
def test_what_is_no_command_is_answered_with_a_note(two, data):
    last = two.chat.log.last_id
    two.now += 10
    two.chat.take("a", data)
    ((client, refused),) = two.notes
    assert client == "a"
    assert refused["code"] == "not_understood"
    assert two.chat.log.last_id == last


def test_a_text_of_the_longest_kind_is_said(two):
    two.ask("a", type="say", room="lobby", text="😀" * 2000)
    assert two.told("b") == ["said"]


def test_who_is_too_fast_is_told_and_may_go_on_later():
    world = World(rate=2, burst=3)
    world.join("a", "Ann")
    world.now += 100
    for n in range(5):
        world.chat.take("a", {"type": "say", "room": "lobby", "text": f"{n}"})
    assert [event["text"] for event in world.hear("a")[2:]] == ["0", "1", "2"]
    assert [note["code"] for _, note in world.notes] == ["too_fast", "too_fast"]
    world.now += 0.5
    world.chat.take("a", {"type": "say", "room": "lobby", "text": "later"})
    assert world.told("a") == ["said"]


def test_rooms_and_places_are_limited():
    world = World(rooms=2, members=2, rooms_each=2)
    for room in ("one", "two", "three"):
        world.join("a", "Ann", room=room)
    assert world.hear("a")[-1]["code"] == "too_many_rooms"
    world.join("b", "Bob", room="three")
    assert world.hear("b")[-1]["code"] == "too_many_rooms"
    world.join("b", "Bob", room="one")
    world.join("c", "Cora", room="one")
    assert world.hear("c")[-1]["code"] == "room_full"
    world.ask("a", type="leave", room="two")
    world.join("b", "Bob", room="three")
    assert world.told("b")[-1] == "entered"


def test_two_chats_share_nothing():
    one, other = World(), World()
    one.join("a", "Ann")
    assert other.chat.rooms == {}
    assert other.told("a") == []


def test_of_what_was_said_a_newcomer_sees_as_much_as_the_log_can_bear():
    world = World()
    world.join("a", "Ann")
    for number in range(20):
        world.ask("a", type="say", room="lobby", text=f"{number:02}" * 1000)
    world.join("b", "Bob")
    (entered,) = [event for event in world.hear("b") if event["type"] == "entered"]
    assert [said["text"][:2] for said in entered["history"]] == [f"{n}" for n in range(10, 20)]


def test_a_client_that_was_never_in_a_room_is_forgotten_when_it_is_gone(world):
    world.ask("a", type="say", room="lobby", text="hello?")
    world.join("b", "Bob")
    assert world.chat.clients == ["a", "b"]
    world.chat.leave_all("a")
    world.chat.leave_all("b")
    assert world.chat.clients == []


def test_what_one_tells_somebody_goes_to_the_teller_first_and_once_to_oneself(two):
    two.ask("a", type="direct", room="lobby", to="Bob", text="psst")
    two.ask("a", type="direct", room="lobby", to="Ann", text="note to self")
    log = two.chat.log
    told = [log[number].to for number in range(log.last_id - 2, log.last_id + 1)]
    assert told == ["client a", "client b", "client a"]


def test_a_key_of_any_letters_is_compared_and_breaks_nothing():
    world = World()
    world.join("a", "Ann", key="ключ " * 4)
    world.join("b", "Ann", key="naïve key of a stranger")
    assert [event["code"] for event in world.hear("b")] == ["name_taken"]
    world.join("c", "Ann", key="\ud800" * 16)
    assert [note["code"] for _, note in world.notes] == ["not_understood"]


def test_who_goes_on_after_a_hundred_refusals_is_closed():
    world = World(rate=1.0, burst=1)
    say = {"type": "say", "room": "lobby", "text": "spam"}
    for _ in range(101):
        world.chat.take("a", say)
    assert [note["code"] for _, note in world.notes] == 100 * ["too_fast"]
    with pytest.raises(ProtocolViolation, match="Too many messages"):
        world.chat.take("a", say)
    world.chat.take("b", say)  # it's nobody else's business
