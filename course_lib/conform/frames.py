"""What comes after the handshake: the course's conformance cases, put to an endpoint that echoes."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from course_lib.conform.card import Outcome, Result, kept
from course_lib.conform.peer import Heard, Peer
from course_lib.notebook.anatomy import Parts
from course_lib.protocol import Opcode
from course_lib.protocol.messages import is_valid_close_code
from course_lib.sockets.cases import CASES, Case, breaks, close, echoed, frame

STILL_THERE = b"still there?"
FORBIDDEN_CODES = (1005, 1006, 1015)
"""Codes that must not be set in a Close frame (section 7.4.1)."""

DATA = (Opcode.TEXT, Opcode.BINARY)
OPCODES = set(Opcode)


def cases(max_size: int | None = None) -> list[Case]:
    """What the card asks: every case but those that want more than the RFC does.

    With `max_size`, also whether messages of so many bytes are taken, and larger ones refused.
    """
    asked = [case for case in CASES if not case.eager]
    if max_size is None:
        return asked
    fit = [case for case in asked if all(len(payload) <= max_size for _, payload in case.back)]
    return [*fit, *limits(max_size)]


def limits(size: int) -> Iterator[Case]:
    """Whether an endpoint protects itself against more bytes than it wants to hold (10.4)."""
    fits, half = b"x" * size, b"x" * (size // 2)
    first, rest = frame(Opcode.TEXT, half, fin=False), b"x" * (size - len(half))
    last, more = (frame(Opcode.CONTINUATION, payload) for payload in (rest, rest + b"x"))
    begun, part = frame(Opcode.TEXT, b"x", fin=False), frame(Opcode.CONTINUATION, half, fin=False)
    whole = ((Opcode.TEXT, fits),)
    for case in (
        echoed("10.4 the largest message", frame(Opcode.TEXT, fits), back=whole),
        echoed("10.4 the largest message in two frames", first, last, back=whole),
        breaks("10.4 a byte too many", frame(Opcode.TEXT, fits + b"x"), code=1009),
        breaks("10.4 a byte too many in two frames", first, more, code=1009),
        breaks("10.4 a message without end", begun, part, part, part, code=1009),
    ):
        yield replace(case, section="limits")


async def try_case(case: Case, peer: Peer, key: bytes | None) -> Result:
    """Put a case to an endpoint whose handshake is done; `key` masks what is sent to a server."""
    sent = [part(key) for part in case.send]
    await peer.send(b"".join(sent))
    if case.fails is not None:
        outcome, why = await _must_fail(case, peer, key)
    elif case.answer is not None:
        outcome, why = await _must_answer(case, peer, key)
    else:
        outcome, why = await _must_echo(case, peer, key)
    came = (*peer.heard.frames, *([peer.heard.rest] if peer.heard.rest else []))
    return replace(
        _result(case, outcome, why), sent=tuple(sent), expected=expected(case), came=came
    )


def not_reached(case: Case, why: str) -> Result:
    """The result of a case that there is no connection for."""
    return _result(case, "left out", f"not reached: {why}")


def _result(case: Case, outcome: Outcome, why: str) -> Result:
    rule, _, name = case.name.partition(" ")
    return Result(case.section, name, rule, outcome, why)


def expected(case: Case) -> str:
    """What should come, in words."""
    back = [f"{opcode.name} of {len(payload):,} bytes" for opcode, payload in case.back]
    shown = [*back[:3], f"{len(back) - 3} more"] if len(back) > 4 else back
    if case.fails is not None:
        shown.append(f"a Close with {case.fails}, and the end of the connection")
    elif case.answer is not None:
        code = int.from_bytes(case.answer, "big")
        shown.append(f"a Close with {code}" if case.answer else "a Close")
    return ", ".join(shown)


async def _must_echo(case: Case, peer: Peer, key: bytes | None) -> tuple[Outcome, str]:
    messages, pongs = _due(case)
    # How pings are answered is a matter of the section on control frames, and of no other.
    control = case.section == "control"

    def complete(heard: Heard) -> bool:
        answered = not control or heard.pongs[-1:] == pongs[-1:]
        return heard.over or (len(heard.messages) >= len(messages) and answered)

    await peer.until(complete)
    if control:
        # What comes before the answer to this is all that there will be: nobody waits for silence.
        await peer.send(frame(Opcode.PING, STILL_THERE)(key))
        await peer.until(lambda heard: heard.over or STILL_THERE in heard.pongs)
    over = peer.heard.over
    await peer.send(close(1000)(key))
    await peer.until(lambda heard: heard.over)
    heard = peer.heard
    wrong = _difference(case, messages, heard.messages)
    code = f" with {int.from_bytes(heard.close[:2], 'big')}" if heard.close else ""
    if wrong and over:
        return "failed", f"it ended the connection{code}, though no rule was broken"
    if wrong:
        return "failed", wrong
    return _pongs(pongs, heard.pongs) if control else ("passed", "")


def _due(case: Case) -> tuple[list[tuple[Opcode, bytes]], list[bytes]]:
    """The messages and the payloads of the pongs that come back."""
    messages = [item for item in case.back if item[0] in DATA]
    return messages, [payload for opcode, payload in case.back if opcode is Opcode.PONG]


def _pongs(due: list[bytes], heard: list[bytes]) -> tuple[Outcome, str]:
    """A pong for each ping, or at least for the latest (5.5.3), each with the ping's payload."""
    came = [payload for payload in heard if payload != STILL_THERE]
    if not due and came:
        return "failed", "it sent a pong that answers no ping with this payload"
    if due and not came:
        return "failed", "no pong answered the ping"
    if any(payload not in due for payload in came) or came[-1:] != due[-1:]:
        return "failed", "the pong has another payload than the ping"
    if len(came) > len(due):
        return "failed", "there are more pongs than pings"
    return "passed", ""


async def _must_fail(case: Case, peer: Peer, key: bytes | None) -> tuple[Outcome, str]:
    messages, pongs = _due(case)
    await peer.send(frame(Opcode.PING, STILL_THERE)(key))

    def went_on(heard: Heard) -> bool:
        return len(heard.pongs) > len(pongs) or len(heard.messages) > len(messages)

    ended = await peer.until(lambda heard: heard.over or went_on(heard))
    if case.section == "text" and not peer.heard.over:
        # Some endpoints look at the text only when a program asks for the message.
        await peer.until(lambda heard: heard.over or len(heard.messages) > len(messages))
    heard = peer.heard
    if len(heard.messages) > len(messages):
        return "failed", "it took what breaks the rule for a message, and sent it back"
    if not heard.over and went_on(heard):
        return "failed", "it went on as if nothing had happened: it answered the ping that followed"
    if not ended:
        return "failed", "it neither closed the connection nor went on"
    if heard.close is None:
        return "differs", f"it cut the connection, and should first say why: {case.fails} (7.1.7)"
    if len(heard.close) == 1:
        return "failed", "it sent a Close frame with half a code"
    code = int.from_bytes(heard.close[:2], "big")
    if code == case.fails:
        return "passed", ""
    if case.name.startswith("7.4") and code in FORBIDDEN_CODES:
        return "failed", f"it sent {code}, which must not stand in a Close frame (7.4.1)"
    if not is_valid_close_code(code) and case.name.startswith("7.4"):
        return "differs", f"it sent {code or 'no code'} back, which means nothing (7.4.2)"
    closed = f"it closed with {code or 'no code'}"
    return "differs", f"{closed}; {case.fails} says what was wrong (7.4.1)"


async def _must_answer(case: Case, peer: Peer, key: bytes | None) -> tuple[Outcome, str]:
    ended = await peer.until(lambda heard: heard.over)
    heard = peer.heard
    if heard.close is None:
        how = "ended the connection" if ended else "did nothing"
        return "failed", f"it {how}, where a Close must be answered with a Close"
    if key is None:
        peer.end()  # a server ends the TCP connection, a client waits for that (7.1.1)
    if not await peer.until(lambda heard: heard.ended):
        return "failed", "it answered the Close, and then left the connection open (7.1.1)"
    codes = [parts.code for parts in heard.parts]
    after = codes[codes.index(Opcode.CLOSE) + 1 :]
    if after:
        return "failed", "it sent another frame after its Close (5.5.1)"
    if len(heard.messages) > len(_due(case)[0]):
        return "failed", "it sent a message that answers none"
    if heard.close[:2] == case.answer:
        return "passed", ""
    code = int.from_bytes(heard.close[:2], "big") if heard.close else None
    if code in FORBIDDEN_CODES or len(heard.close) == 1:
        return "failed", f"it answered with {code}, which must not stand in a Close frame (7.4.1)"
    return "differs", f"it answered with {code or 'no code'}; the same code would be usual (5.5.1)"


def _difference(case: Case, due: list[tuple[Opcode, bytes]], came: list[tuple[int, bytes]]) -> str:
    """What is wrong with the messages that came; nothing if they are right."""
    for (kind, payload), (opcode, back) in zip(due, came, strict=False):
        if payload != back:
            return f"{len(back):,} other bytes came where a message of {len(payload):,} was due"
        # Whether text stays text is asked once, where frames are the matter.
        if opcode != kind and case.section == "frames":
            return f"a {kind.name} message came back with opcode {opcode:#x} (5.6)"
    if len(came) < len(due):
        return f"{len(came)} of {len(due)} messages came back" if came else "no message came back"
    return "it sent a message that answers none" if len(came) > len(due) else ""


def manners(role: str, heard: list[Heard]) -> Iterator[Result]:
    """What holds for every frame that an endpoint sends, looked for in all that it has sent."""
    sent = [
        (wire, parts) for each in heard for wire, parts in zip(each.frames, each.parts, strict=True)
    ]

    def manner(name: str, rule: str, wrong: Callable[[Parts], object], why: str) -> Result:
        first = next((wire for wire, parts in sent if wrong(parts)), None)
        return kept("frames", name, rule, first, why)

    name, why = "each length is in its shortest form", "a length took more bytes than it needs"
    yield manner(name, "5.2", lambda parts: parts.extended != _shortest(parts.length), why)
    name = "no frame has a reserved opcode or a bit that was not negotiated"
    why = "nothing like this was negotiated"
    yield manner(name, "5.2", lambda it: it.header[0] & 0x70 or it.code not in OPCODES, why)
    if role == "server":
        why = "a server masks nothing"
        yield manner("no frame is masked", "5.1", lambda parts: parts.key is not None, why)
        return
    why = "a client masks all that it sends"
    yield manner("every frame is masked", "5.1", lambda parts: parts.key is None, why)
    keys = {parts.key for _, parts in sent}
    again = sent[-1][0] if len(keys) < len(sent) / 2 else None
    why = f"{len(sent)} frames had {len(keys)} different keys: whoever has seen one knows the next"
    yield kept("frames", "each frame has a masking key of its own", "5.3", again, why)


def _shortest(length: int) -> int:
    """Bytes of extended length that a payload's length needs."""
    return 0 if length < 126 else 2 if length < 2**16 else 8
