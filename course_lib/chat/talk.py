"""What the chat's programs say to each other.

A client asks with commands, the server tells with events; both travel as the data of
`course_lib.resilience`'s messages and events, so that none is lost or repeated. What is worth
something only now, that somebody is typing, travels as a note.

    command          fields               what comes of it
    join             room, name, key      entered (to you), joined (to the room); or refused
    leave            room                 left (to the room, and to you)
    say              room, text           said (to the room, you included); or refused
    direct           room, to, text       told (to both); or refused
    typing (note)    room                 typing (note, to the others in the room)
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_TEXT = 2000
"""The longest text of a message, in characters."""

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Name = Annotated[str, Field(max_length=200)]  # `names.tidy` says what is wrong with it


class _Talk(BaseModel):
    # A field that is not known is ignored: a newer program may say more.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Join(_Talk):
    """Come into a room under a name; a room that is not there yet is opened.

    `key` is a secret of the client's own. Whoever has it is the one who had the name before: a
    page that was reloaded takes over from the one it was.
    """

    type: Literal["join"] = "join"
    room: Name
    name: Name
    key: str = Field(min_length=16, max_length=64)


class Leave(_Talk):
    """Go out of a room."""

    type: Literal["leave"] = "leave"
    room: Name


class Say(_Talk):
    """Say something to all in a room."""

    type: Literal["say"] = "say"
    room: Name
    text: Text


class Direct(_Talk):
    """Say something to one person in a room."""

    type: Literal["direct"] = "direct"
    room: Name
    to: Name
    text: Text


class Typing(_Talk):
    """As a command: I am typing. As a note to the others: `user` is."""

    type: Literal["typing"] = "typing"
    room: Name
    user: str = ""


class Said(_Talk):
    """Somebody said something.

    Attributes:
        id: the number of this event, also where it comes again in a history.
        at: the server's time, in seconds since 1970.
    """

    type: Literal["said"] = "said"
    id: int
    room: str
    user: str
    text: str
    at: float


class Told(_Talk):
    """Somebody said something to one person."""

    type: Literal["told"] = "told"
    room: str
    user: str
    to: str
    text: str
    at: float


class Entered(_Talk):
    """You are in: under which name, who else is, and what was said before."""

    type: Literal["entered"] = "entered"
    room: str
    name: str
    members: tuple[str, ...]
    history: tuple[Said, ...]


class Joined(_Talk):
    """Somebody has come into a room, or is back."""

    type: Literal["joined"] = "joined"
    room: str
    user: str
    at: float


class Left(_Talk):
    """Somebody has gone: left, or lost the connection and has not come back in time."""

    type: Literal["left"] = "left"
    room: str
    user: str
    at: float


Reason = Literal[
    "not_understood", "bad_name", "name_taken", "not_in_room", "nobody", "too_fast",
    "too_many_rooms", "room_full",
]  # fmt: skip
NO_ENTRY = ("bad_name", "name_taken", "too_many_rooms", "room_full")
"""Why a join is refused; no other command is refused for these reasons."""


class Refused(_Talk):
    """What you asked for is not done: a code for programs and a sentence for people."""

    type: Literal["refused"] = "refused"
    code: Reason
    text: str
    room: str = ""


class Paused(_Talk):
    """As a note: the chat stands still, or goes on; what is said meanwhile is kept."""

    type: Literal["paused"] = "paused"
    on: bool


Command = Annotated[Join | Leave | Say | Direct | Typing, Field(discriminator="type")]
Event = Annotated[
    Said | Told | Entered | Joined | Left | Refused | Typing | Paused, Field(discriminator="type")
]

_commands: TypeAdapter[Command] = TypeAdapter(Command)
_events: TypeAdapter[Event] = TypeAdapter(Event)


class Refusal(Exception):
    """A command that is not carried out.

    Attributes:
        code: why, for programs.
    """

    def __init__(self, code: Reason, text: str) -> None:
        super().__init__(text)
        self.code = code


def command(data: object) -> Command:
    """The command in a client's message or note.

    Raises:
        Refusal: it is none.
    """
    try:
        return _commands.validate_python(data)
    except ValidationError as error:
        raise Refusal("not_understood", _sentence(error)) from None


def event(data: object) -> Event:
    """The event in a server's message or note.

    Raises:
        pydantic.ValidationError: it is none, so this is no server of the chat.
    """
    # What was JSON has lists where the events have tuples.
    return _events.validate_python(data, strict=False)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] in ("union_tag_not_found", "union_tag_invalid", "model_attributes_type"):
        return "A command has a type: join, leave, say, direct or typing."
    # The location is the type, then the field.
    field = ".".join(str(part) for part in first["loc"][1:])
    return f"{field}: {first['msg']}."
