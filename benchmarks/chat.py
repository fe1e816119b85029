"""`course bench chat`: one message to a room of three hundred people, next to less.

Two servers, each in a process of its own, send to the same bare sockets: the chat, with its rules,
its log and its limits, and `websockets.broadcast` alone. They take turns in one run, so that
whatever else the machine does befalls both.
"""

from benchmarks.transports import Crowd, Server, compare, publish, serve_broadcast
from course_lib.chat import Chat, Limits, serve_chat
from course_lib.chat.talk import Join, Say
from course_lib.measure.child import Lines, say
from course_lib.resilience.wire import encode

_ROOM, _SPEAKER = "lobby", "speaker"


async def serve_room(lines: Lines, members: int) -> None:
    """A chat with a room in which one more than `members` sit."""
    chat = Chat(
        Limits(members=members + 1, clients=members, per_address=members, rate=1e6, burst=1000)
    )
    for client in (_SPEAKER, *map(str, range(members))):
        chat.take(client, Join(room=_ROOM, name=client, key=client.rjust(16)).model_dump())

    def speak(text: str) -> None:
        chat.take(_SPEAKER, Say(room=_ROOM, text=text).model_dump())

    async with serve_chat(chat, interval=3600, patience=3600) as server:
        say(port=server.port)
        await publish(lines, speak)


async def come_in(crowd: Crowd, port: int) -> None:
    """Say hello as those who sit there, up to date with the log."""
    await crowd.connect(port, "/socket")
    await crowd.say(
        encode("hello", client=str(number), log="", since=10**9) for number in range(crowd.clients)
    )


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    return compare(
        "chat",
        __doc__ or "",
        lambda clients: {
            "chat": Server(serve_room, (clients,), come_in),
            "broadcast": Server(serve_broadcast),
        },
        argv,
        clients=300,
    )
