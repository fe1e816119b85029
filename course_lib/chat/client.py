"""A client of the chat for Python programs, which stays connected."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from course_lib.chat import talk
from course_lib.chat.talk import Command, Event
from course_lib.resilience import ClientClosed, ClientState, ResilientClient, Status


class ChatClient:
    """Somebody in a room.

        async with ChatClient(url, room="lobby", name="Ann") as chat:
            await chat.say("hello")
            async for event in chat:
                print(event)

    It joins again after each reconnection, in case it was away for too long, or the server has lost
    its memory.

    Args:
        url: Of the server's WebSocket.
        room, name: Where to go, and as whom.
        on_note: Called with what comes as a note: a `Typing`, a `Paused` or a `Refused`.
        on_status: Called with each new `Status` of the connection.
        options: For `course_lib.resilience.ResilientClient`.
    """

    def __init__(
        self,
        url: str,
        *,
        room: str,
        name: str,
        on_note: Callable[[Event], object] = lambda _: None,
        on_status: Callable[[Status], object] = lambda _: None,
        **options: Any,  # noqa: ANN401 - whatever the client takes
    ) -> None:
        self.room, self.name = room, name
        self._key = secrets.token_hex(16)
        self._joining: set[asyncio.Task[int]] = set()
        self._was_open = False
        self._on_status = on_status
        self._client = ResilientClient(
            url, on_note=lambda data: on_note(talk.event(data)), on_status=self._status, **options
        )

    async def __aenter__(self) -> Self:
        await self._join()
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close at once, without a word; the others see you leave after a while."""
        for task in self._joining:
            task.cancel()
        await self._client.aclose()

    async def leave(self, patience: float = 2.0) -> None:
        """Say what is still to say, for at most `patience` seconds, go out of the room, and close."""
        with suppress(TimeoutError, ClientClosed):
            async with asyncio.timeout(patience):
                await self._send(talk.Leave(room=self.room))
                await self._client.flush()
        await self.aclose()

    async def say(self, text: str) -> None:
        """Say something to all in the room.

        Raises:
            pydantic.ValidationError: The text is empty or too long.
        """
        await self._send(talk.Say(room=self.room, text=text))

    async def direct(self, to: str, text: str) -> None:
        """Say something to one person in the room.

        Raises:
            pydantic.ValidationError: The text is empty or too long.
        """
        await self._send(talk.Direct(room=self.room, to=to, text=text))

    async def typing(self) -> None:
        """Let the others know that you are typing."""
        await self._client.note(talk.Typing(room=self.room).model_dump())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """The next event.

        Raises:
            course_lib.chat.talk.Refusal: it may not come into the room.
            course_lib.resilience.ClientClosed: the server does not want this client any more.
        """
        match talk.event(await anext(self._client)):
            case talk.Refused(code=code, text=text) if code in talk.NO_ENTRY:
                raise talk.Refusal(code, text)
            case happened:
                return happened

    async def _join(self) -> int:
        return await self._send(talk.Join(room=self.room, name=self.name, key=self._key))

    async def _send(self, command: Command) -> int:
        return await self._client.send(command.model_dump())

    def _status(self, status: Status) -> None:
        if status.state is ClientState.OPEN:
            if self._was_open:
                task = asyncio.create_task(self._join())
                self._joining.add(task)
                task.add_done_callback(self._joining.discard)
            self._was_open = True
        self._on_status(status)
