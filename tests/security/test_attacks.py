"""Every attack takes something from the server that is weak there, and nothing from the mended one."""

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosed

from course_lib.errors import CourseError
from course_lib.measure.attacked import MIB, bombed, flooded
from course_lib.security import attacks
from course_lib.security.weak import PEOPLE, Weak, WeakChat


def attack(weak, work, **options):
    async def main():
        async with WeakChat(weak, **options) as chat:
            return await work(chat), chat

    return asyncio.run(main())


def test_the_weak_server_listens_on_this_machine_only():
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com", ""):
        with pytest.raises(CourseError, match="this machine only"):
            WeakChat(host=host)


def test_a_password_is_read_off_a_line_without_tls():
    assert attack(Weak(plain=True), attacks.read_the_line)[0] == PEOPLE["ann"]
    assert attack(Weak(), attacks.read_the_line)[0] == ""


def test_whoever_says_so_is_ann():
    taken, chat = attack(Weak(anonymous=True), attacks.impersonate)
    assert taken == chat.notes["ann"]
    assert attack(Weak(), attacks.impersonate)[0] == ""


def test_a_token_in_a_log_lets_in_whoever_reads_it():
    async def work(chat):
        try:
            async with attacks.dial(chat, f"{chat.url}?token={chat.session('ann')}"):
                pass
        except Exception as error:  # the mended server doesn't look for a token there
            return repr(error)
        return await attacks.replay_from_log(chat)

    taken, chat = attack(Weak(url_token=True), work)
    assert taken == chat.notes["ann"]
    assert attack(Weak(), work)[0] == ""


def test_a_ticket_in_a_log_is_worth_nothing():
    async def work(chat):
        async with attacks.dial(chat) as connection:
            await attacks.log_in(connection, "ann")
            await connection.send(json.dumps({"type": "ticket"}))
            ticket = json.loads(await connection.recv())["ticket"]
        async with attacks.dial(chat, f"{chat.url}?ticket={ticket}") as connection:
            assert await attacks._notes(connection) == chat.notes["ann"]
        assert f"ticket={ticket}" in chat.log[-1]
        return await attacks.replay_from_log(chat, "ticket")

    assert attack(Weak(), work)[0] == ""


def test_who_is_in_may_not_do_everything():
    async def work(chat):
        await attacks.flood(chat, 3)
        return await attacks.wipe(chat)

    assert attack(Weak(any_deed=True), work)[0] == 3
    assert attack(Weak(), work)[0] == 0


def test_whoever_does_not_log_in_has_a_deadline():
    async def work(chat):
        chat._patience = 0.1  # for the login; the handshake has its own five seconds already
        async with attacks.dial(chat) as connection:
            with pytest.raises(ConnectionClosed) as found:
                await connection.recv()
            return str(found.value.rcvd)

    reason = "1008 (policy violation) Nobody has logged in in time."
    assert attack(Weak(), work)[0] == reason
    with pytest.raises(TimeoutError):
        attack(Weak(endless_handshake=True), lambda chat: asyncio.wait_for(work(chat), 1.5))


def test_a_page_from_elsewhere_uses_a_cookie():
    async def work(chat):
        own = chat.page.removesuffix("/")
        assert await attacks.forge_origin(chat, own) == chat.notes["ann"]
        return await attacks.forge_origin(chat, "https://evil.example")

    taken, chat = attack(Weak(any_origin=True), work)
    assert taken == chat.notes["ann"]
    assert attack(Weak(), work)[0] == ""


def test_a_small_message_inflates_to_a_large_one():
    size = 20_000_000
    assert len(attacks.bomb(size)) < size / 500
    assert attack(Weak(any_size=True), lambda chat: attacks.drop_bomb(chat, size))[0] == size
    assert attack(Weak(), lambda chat: attacks.drop_bomb(chat, size))[0] == 0


def test_the_memory_of_a_server_that_inflates():
    size = 50_000_000
    without = asyncio.run(bombed(["any_size"], size))
    limited = asyncio.run(bombed([], size))
    assert (without.accepted, limited.accepted) == (size, 0)
    assert max(without.mib) > 0.9 * size / MIB
    assert max(limited.mib) < 20


def test_a_secret_is_read_off_the_length_of_compressed_answers():
    async def work(chat):
        chat.notes["ann"] = "pin=271828"
        return await attacks.read_lengths(chat)

    assert attack(Weak(compressed_secrets=True, any_rate=True), work)[0] == "pin=271828"
    assert attack(Weak(any_rate=True), work)[0] == ""


def test_a_flood_is_passed_on_or_stopped():
    assert attack(Weak(any_rate=True), lambda chat: attacks.flood(chat, 500))[0] == 500
    assert attack(Weak(), lambda chat: attacks.flood(chat, 500))[0] < 30


def test_others_wait_while_a_flood_is_passed_on():
    calm = asyncio.run(flooded([], 0, asks=3))
    assert len(calm) == 3
    flood = asyncio.run(flooded(["any_rate", "any_backlog"], 8_000, asks=3))
    mended = asyncio.run(flooded([], 8_000, asks=3))
    assert sum(flood) > sum(mended)


def test_whoever_does_not_read_is_cut_off():
    kept = attack(Weak(any_rate=True, any_backlog=True), attacks.read_nothing)[0]
    assert kept == 1200
    assert attack(Weak(any_rate=True), attacks.read_nothing)[0] < 1200


def test_empty_frames_count_as_well():
    async def work(chat):
        async with attacks.dial(chat) as connection:
            await attacks.log_in(connection, "bob")
            connection.transport.write(bytes([0x89, 0x80, 0, 0, 0, 0]) * 5000)  # empty pings
            with pytest.raises(ConnectionClosed) as found:
                await connection.recv()
            return str(found.value.rcvd)

    assert attack(Weak(), work)[0] == "1008 (policy violation) Too many frames."
    with pytest.raises(TimeoutError):
        attack(Weak(any_rate=True), lambda chat: asyncio.wait_for(work(chat), 1.5))


def test_one_address_has_fifty_places():
    async def work(chat):
        return await attacks.hold_handshakes(chat, 60, seconds=1.0)

    assert attack(Weak(plain=True), work, handshake_seconds=60)[0] == 50


@pytest.mark.parametrize("plain", [True, False])
def test_handshakes_are_held_open_or_cut_off(plain):
    async def held(chat, seconds):
        return await attacks.hold_handshakes(chat, 60, seconds)

    endless = Weak(plain=plain, endless_handshake=True)
    assert attack(endless, lambda chat: held(chat, 1.0))[0] == 60
    assert attack(Weak(plain=plain), lambda chat: held(chat, 60.0), handshake_seconds=0.2)[0] == 0
