"""The chat in a terminal: a prompt at the bottom, what others say above it."""

import asyncio
import time
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from course_lib.chat import talk
from course_lib.chat.client import ChatClient
from course_lib.chat.names import BadName, tidy
from course_lib.chat.talk import MAX_TEXT, Event
from course_lib.errors import CourseError
from course_lib.resilience import ClientClosed, ClientState, Status

HELP = """\
What you type goes to all in the room. Lines that begin with / are commands:
  /direct NAME TEXT   say something to one person; a name with spaces in "quotes"
  /who                who is here
  /quit               leave (Ctrl-D does, too)"""

PAUSED = "the chat pauses; what you say is kept"


def socket_url(address: str) -> str:
    """The WebSocket's URL for the address of a chat's page, or for its host and port.

    Raises:
        CourseError: it is no such address.
    """
    with suppress(ValueError):
        parts = urlsplit(address if "://" in address else f"http://{address}")
        scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
        if scheme and parts.hostname and parts.port != 0:
            return urlunsplit((scheme, parts.netloc, "/socket", parts.query, ""))
    raise CourseError(f"{address} is not the address of a chat, like http://127.0.0.1:8000/.")


def asked_name() -> str:
    """The name that the person types.

    Raises:
        CourseError: nobody is there to type.
    """
    try:
        return input("Your name: ")
    except EOFError:
        raise CourseError("A chat wants to know your name: say it with --name.") from None


async def join(address: str, room: str, name: str) -> None:
    """Take part until the person leaves.

    Raises:
        CourseError: the address is none, the name or the room can't be one, or the server does
            not let this person in.
    """
    try:
        name, room = tidy(name), tidy(room)
    except BadName as error:
        raise CourseError(str(error)) from None
    people: set[str] = set()

    def on_status(status: Status) -> None:
        if status.state is ClientState.WAITING:
            print(f"-- no connection; next attempt in {status.seconds:.0f} s --")

    def on_note(event: Event) -> None:
        if isinstance(event, talk.Refused):
            print(*lines(event))
        if isinstance(event, talk.Paused):
            print(f"-- {PAUSED if event.on else 'the chat goes on'} --")

    chat = ChatClient(
        socket_url(address), room=room, name=name, on_status=on_status, on_note=on_note
    )
    session: PromptSession[str] = PromptSession()
    with patch_stdout():
        async with chat:
            listening = asyncio.create_task(_listen(chat, people))
            typing = asyncio.create_task(_talk(chat, session, people))
            done: set[asyncio.Task[None]] = set()
            # Ctrl-C in the moment in which a line is printed does not reach the prompt.
            with suppress(asyncio.CancelledError):
                done, _ = await asyncio.wait(
                    [listening, typing], return_when=asyncio.FIRST_COMPLETED
                )
            for task in (listening, typing):
                task.cancel()
            await asyncio.wait([listening, typing])
            if listening not in done:
                await chat.leave()
    try:
        for task in done:
            task.result()
    except talk.Refusal as error:
        raise CourseError(plain(str(error))) from None
    except ClientClosed as error:
        raise CourseError(plain(f"The chat is over: {error.__cause__ or error}.")) from None


async def _listen(chat: ChatClient, people: set[str]) -> None:
    async for event in chat:
        _keep(people, event)
        for line in lines(event):
            print(line)


async def _talk(chat: ChatClient, session: PromptSession[str], people: set[str]) -> None:
    while True:
        try:
            said = (await session.prompt_async(f"{chat.name}> ")).strip()
        except (EOFError, KeyboardInterrupt):
            return
        command, _, rest = said.partition(" ")
        match command:
            case "/quit":
                return
            case "/who":
                print(f"-- here: {', '.join(sorted(map(plain, people)))} --")
            case "/direct":
                to, text = _addressed(rest)
                for part in _parts(text):
                    await chat.direct(to[:200], part)
                if not text:
                    print(HELP)
            case _ if command.startswith("/"):
                print(HELP)
            case _:
                for part in _parts(said):
                    await chat.say(part)


def _addressed(rest: str) -> tuple[str, str]:
    if rest.startswith('"'):
        to, _, text = rest[1:].partition('"')
    else:
        to, _, text = rest.partition(" ")
    return to, text.strip()


def _parts(text: str) -> list[str]:
    """A text as messages of which none is too long."""
    return [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]


def _keep(people: set[str], event: Event) -> None:
    match event:
        case talk.Entered():
            people.clear()
            people.update(event.members)
        case talk.Joined():
            people.add(event.user)
        case talk.Left():
            people.discard(event.user)


def lines(event: Event) -> list[str]:
    """An event as lines for a terminal."""
    match event:
        case talk.Entered():
            here = f"-- you are in {plain(event.room)}; here: {', '.join(event.members)} --"
            return [line for said in event.history for line in lines(said)] + [plain(here)]
        case talk.Said():
            return _spoken(event.at, event.user, event.text)
        case talk.Told():
            return _spoken(event.at, f"{event.user} to {event.to}", event.text)
        case talk.Joined():
            return [plain(f"-- {event.user} has come in --")]
        case talk.Left():
            return [plain(f"-- {event.user} has left --")]
        case talk.Refused():
            return [plain(f"-- {event.text} --")]
    return []


def _spoken(at: float, who: str, text: str) -> list[str]:
    first, *more = text.splitlines() or [""]
    clock = time.strftime("%H:%M", time.localtime(at))
    return [plain(f"{clock} {who}: {first}"), *(plain(f"      {line}") for line in more)]


def plain(text: str) -> str:
    """Text in which nothing commands the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)


def run(address: str, room: str, name: str) -> None:
    """`join` as a program: Ctrl-C leaves, too."""
    with suppress(KeyboardInterrupt):
        asyncio.run(join(address, room, name))
