"""The demos without a browser: the command, starting and stopping, who is let in, and what crosses."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import venv
from contextlib import suppress
from functools import partial
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from course_lib import cli
from course_lib.chat.lan import lan_access, told
from course_lib.demos import DEMOS, echo, frames, notes
from course_lib.demos.stage import stage
from course_lib.security.limits import serve_options
from course_lib.web import Access

OPTIONS = {"proxy": None, "compression": None}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_the_list_names_every_demo(capsys):
    assert cli.main(["demo"]) == cli.main(["demo", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == 2 * list(DEMOS)


@pytest.mark.parametrize("name", DEMOS)
def test_the_speakers_note_is_short(name, capsys):
    assert cli.main(["demo", name, "--notes"]) == 0
    said = capsys.readouterr().out
    assert said == notes(name)
    lines = [line for line in said.splitlines() if line]
    assert len(lines) <= 15
    assert said.startswith(f"# {DEMOS[name].title}\n")


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT, as Ctrl-C does")
@pytest.mark.parametrize("name", DEMOS)
def test_ctrl_c_leaves_no_port_and_no_process(name):
    port = free_port()
    command = [sys.executable, "-u", "-m", "course_lib.cli", "demo", name, "--no-browser"]
    with subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert f"{name} is at " in demo.stdout.readline()
        listening = [each.laddr.port for each in psutil.Process(demo.pid).net_connections("tcp")]
        assert port in listening
        children = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate()
    assert (demo.returncode, errors) == (0, "")
    assert not any(child.is_running() for child in children)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT, as Ctrl-C does")
def test_ctrl_c_in_the_middle_of_a_herd_ends_its_servers_too():
    async def begin(url):
        async with connect(url.replace("http", "ws") + "control", **OPTIONS) as channel:
            await channel.send(json.dumps({"restart": "full"}))
            while "attempt" not in json.loads(await channel.recv()):
                pass
            children = psutil.Process(demo.pid).children(recursive=True)
            demo.send_signal(signal.SIGINT)
            await channel.wait_closed()
        return children

    command = [sys.executable, "-u", "-m", "course_lib.cli", "demo", "herd", "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        children = asyncio.run(begin(demo.stdout.readline().split()[3]))
        _, errors = demo.communicate()
    assert children
    assert psutil.wait_procs(children, timeout=30)[1] == []
    assert (demo.returncode, errors) == (0, "")


def test_without_a_network_it_says_that_nobody_can_join():
    said = told(Access("127.0.0.1", "0.0.0.0", "123456"), "http://127.0.0.1:80/")
    assert said.startswith("Nobody else can join: this machine is in no network.")
    said = told(Access("10.0.0.7", "0.0.0.0", "123456"), "http://10.0.0.7:80/")
    assert "Others join at http://10.0.0.7:80/" in said
    assert said.endswith("a hotspot of your own helps.")


def test_lan_is_for_those_that_a_class_can_join(capsys):
    assert cli.main(["demo", "hijack", "--lan", "--no-browser"]) == 2
    assert capsys.readouterr().err == "With --lan a class can join chat and frames, not hijack.\n"


# Who is let in


@pytest.mark.parametrize(
    ("query", "admitted", "instructs"),
    [
        ("", False, False),
        ("?code=4712", False, False),
        ("?code=KEY", False, False),
        ("?key=4711", False, False),
        ("?code=4711", True, False),
        ("?key=KEY", True, True),
    ],
)
def test_a_code_lets_in_and_a_key_instructs(query, admitted, instructs, tmp_path):
    async def main():
        access = Access(code="4711", key="KEY")

        async def control(channel):
            await channel.send(json.dumps(access.instructs(channel.request)))

        async with stage(tmp_path, {"/control": control}, access=access) as url:
            assert url.endswith("/?key=KEY")
            address = url.split("?")[0].replace("http", "ws") + "control" + query
            async with connect(address, **OPTIONS) as channel:
                if admitted:
                    assert json.loads(await channel.recv()) is instructs
                else:
                    await channel.wait_closed()
                    assert channel.close_code == 3000

    asyncio.run(main())


def test_a_page_from_elsewhere_is_not_let_in(tmp_path):
    async def main():
        async def control(channel):
            await channel.send("{}")

        async with stage(tmp_path, {"/control": control}) as url:
            address = url.replace("http", "ws") + "control"
            for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
                with pytest.raises(InvalidStatus, match="403"):
                    await connect(address, origin=origin, **OPTIONS)
            async with connect(address, origin=url.rstrip("/"), **OPTIONS) as channel:
                assert await channel.recv() == "{}"

    asyncio.run(main())


def test_a_connection_that_asks_for_nothing_does_not_hold_up_the_end(tmp_path, monkeypatch):
    # Held up until the handshake's timeout, the end would not come.
    endless = partial(serve_options, handshake_seconds=3600)
    monkeypatch.setattr("course_lib.web.serve_options", endless)

    async def main():
        async with stage(tmp_path, {}) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main(), debug=True)


def test_a_file_is_the_same_each_time(tmp_path):
    (tmp_path / "index.html").write_text("<h1>Hello</h1>")

    async def fetch(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return [line for line in answer.splitlines() if not line.startswith(b"Date:")]

    async def main():
        async with stage(tmp_path, {}) as url:
            first, second = [await fetch(urlsplit(url).port) for _ in range(2)]
            assert first == second
            assert first[-1] == b"<h1>Hello</h1>"

    asyncio.run(main())


def test_every_class_has_codes_of_its_own():
    first, second = lan_access(), lan_access()
    assert first.listens == "0.0.0.0"
    assert len(first.code) == 6
    assert first.code.isdigit()
    assert first.key != second.key
    assert len(first.key) >= 20
    assert first.key not in first.url(80)
    assert first.code not in first.own_url(80)


# Frames


def test_the_frames_are_those_on_the_wire():
    async def main():
        access = Access(code="4711", key="KEY")
        async with frames.serve(access=access) as url:
            base = url.split("?")[0].replace("http", "ws")

            async def channel(query):
                opened = await connect(f"{base}control?{query}", **OPTIONS)
                assert json.loads(await opened.recv())["instructor"] is (query == "key=KEY")
                return opened, json.loads(await opened.recv())["tab"]

            async def frame(opened):
                return json.loads(await opened.recv())["frame"]

            teacher, _ = await channel("key=KEY")
            guest, tab = await channel("code=4711")
            other, _ = await channel("code=4711")
            async with connect(f"{base}echo?code=4711&tab={tab}", **OPTIONS) as echoed:
                await echoed.send("é" * 100)
                assert await echoed.recv() == "é" * 100
                for hearer in (guest, teacher):
                    up, down = await frame(hearer), await frame(hearer)
                    assert (up["up"], up["bytes"], up["from"]) == (True, 208, 2)
                    assert bytes(up["meant"]).decode() == "é" * 12
                    assert [b ^ up["key"][i % 4] for i, b in enumerate(up["sent"])] == up["meant"]
                    assert (down["up"], down["bytes"], down["key"]) == (False, 204, [])
                    names = [field["name"] for field in up["fields"]]
                    assert names[-2:] == ["extended length", "masking key"]
                await guest.send("no JSON")
                await guest.send(json.dumps({"ping": True}))
                up, down = await frame(guest), await frame(guest)
                assert [up["summary"][:4], down["summary"][:4]] == ["PING", "PONG"]
            assert (await frame(guest))["summary"].startswith("CLOSE, masked, 2 bytes: 1000")
            assert (await frame(guest))["summary"].startswith("CLOSE, 2 bytes: 1000")
            # Nothing of this went to another guest.
            await other.close()
            with pytest.raises(Exception, match="1000"):
                await other.recv()
            await guest.close()
            await teacher.close()

    asyncio.run(main())


def test_a_page_may_press_twice(caplog):
    async def main():
        async with frames.serve() as url:
            base = url.replace("http", "ws")
            async with connect(f"{base}control", **OPTIONS) as page:
                await page.recv()
                echo = f"{base}echo?tab={json.loads(await page.recv())['tab']}"
                async with connect(echo, **OPTIONS) as first, connect(echo, **OPTIONS) as second:
                    await first.close()  # the page has a newer one already
                    closing = [json.loads(await page.recv())["frame"] for _ in range(2)]
                    assert all(each["summary"].startswith("CLOSE") for each in closing)
                    second.transport.pause_reading()  # no pong comes meanwhile
                    for _ in range(2):
                        await page.send(json.dumps({"ping": True}))
                    assert json.loads(await page.recv())["frame"]["summary"].startswith("PING")
                    await page.close()
                    assert page.close_code == 1000
                    second.transport.resume_reading()

    asyncio.run(main())
    assert not caplog.records


# The two files of a beginner


def test_the_files_are_copied_and_never_overwritten(tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    assert cli.main(["demo", "echo", "--copy", str(folder)]) == 0
    said = capsys.readouterr().out
    for file in echo.FILES:
        assert (folder / file.name).read_bytes() == file.read_bytes()
        assert str(folder / file.name) in said
    mine = folder / echo.FILES[1].name
    mine.write_text("mine")
    (folder / echo.FILES[0].name).unlink()
    assert cli.main(["demo", "echo", "--copy", str(folder)]) == 2
    assert "is there already, and nothing was copied." in capsys.readouterr().err
    assert [file.name for file in folder.iterdir()] == [mine.name]
    assert mine.read_text() == "mine"


def test_a_folder_that_is_a_file_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["demo", "echo", "--copy", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert cli.main(["demo", "herd", "--copy", str(tmp_path)]) == 2
    assert "not for herd" in capsys.readouterr().err


@pytest.fixture(scope="module")
def beginner(tmp_path_factory):
    """A folder with the two files on a free port, and a Python that has websockets and no more."""
    folder = tmp_path_factory.mktemp("beginner")
    echo.copy(folder)
    port = free_port()
    for name in ("websocket_server.py", "websocket_client.html"):
        file = folder / name
        text = file.read_text("utf-8")
        assert "8765" in text
        file.write_text(text.replace("8765", str(port)), encoding="utf-8")
    venv.create(folder / "venv", symlinks=os.name != "nt")
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    (packages,) = {
        Path(line)
        for line in subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).splitlines()
    }
    # What pip would unpack there, its files alone.
    for file in distribution("websockets").files:
        if ".." not in file.parts and "__pycache__" not in file.parts:
            (packages / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.locate(), packages / file)
    return folder, python, port


def run_server(beginner):
    folder, python, _ = beginner
    return subprocess.Popen(
        [python, "-u", "websocket_server.py"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT, as Ctrl-C does")
def test_the_server_runs_with_websockets_alone(beginner):
    _folder, python, port = beginner
    nothing = subprocess.run([python, "-c", "import aiohttp"], capture_output=True)
    assert nothing.returncode == 1
    with run_server(beginner) as server:
        assert f"ws://localhost:{port}" in server.stdout.readline()
        with run_server(beginner) as second:
            _, errors = second.communicate()
        assert second.returncode == 1
        assert errors == (
            f"Port {port} is in use: end the other server, or change PORT in both files.\n"
        )

        async def talk():
            async with connect(f"ws://localhost:{port}", proxy=None) as connection:
                await connection.send("hello")
                assert await connection.recv() == "hello"
            lost = await connect(f"ws://localhost:{port}", proxy=None)
            lost.transport.abort()
            await lost.wait_closed()

        asyncio.run(talk())
        heard = [server.stdout.readline() for _ in range(5)]
        assert "hello" in heard[1]
        assert "lost" in heard[4]
        server.send_signal(signal.SIGINT)
        out, errors = server.communicate()
    assert (server.returncode, errors) == (0, "")
    assert out.strip() == "The server has ended."
