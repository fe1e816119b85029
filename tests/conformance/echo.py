"""``python -m tests.conformance.echo``: a server that echoes, and a client that does for a test suite."""

import argparse
import asyncio
import contextlib
import sys
from urllib.parse import quote

from course_lib.protocol import HandshakeError, StateError
from course_lib.sockets import connect, echo, serve


async def run_server(host: str, port: int, max_size: int, compress: bool) -> None:
    """Serve until cancelled."""
    async with serve(echo, host, port, max_size=max_size, compress=compress) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"Echoing on ws://{host}:{port}", flush=True)
        await asyncio.Event().wait()


async def run_client(url: str, agent: str, max_size: int) -> None:
    """Be put to the test by a suite's server: ask how many cases, run each, ask for the report."""
    url, name = url.rstrip("/"), quote(agent, safe="")
    websocket = await connect(f"{url}/getCaseCount", max_size=max_size)
    count = 0
    async for message in websocket:
        count = int(message)
    await websocket.close()
    for case in range(1, count + 1):
        print(f"\rCase {case} of {count}", end="", flush=True)
        try:
            websocket = await connect(f"{url}/runCase?case={case}&agent={name}", max_size=max_size)
        except HandshakeError as error:
            print(f"\rCase {case}: {error}")
            continue
        with contextlib.suppress(OSError, StateError):  # the suite ends cases as it likes
            await echo(websocket)
        await websocket.close()
    print()
    await (await connect(f"{url}/updateReports?agent={name}", max_size=max_size)).close()


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit code is 0, 1 if a peer could not be reached or did wrong, 2 for usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.echo", description=__doc__)
    parser.add_argument(
        "--max-size", type=int, default=64, metavar="MIB", help="largest message, in MiB (64)"
    )
    roles = parser.add_subparsers(dest="role", required=True)
    server = roles.add_parser("server", help="echo every message")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    server.add_argument("--port", type=int, default=0, help="TCP port (a free one)")
    server.add_argument("--no-compression", action="store_true", help="decline permessage-deflate")
    client = roles.add_parser("client", help="run the cases of a conformance suite's server")
    client.add_argument("url", help="ws:// URL of the suite's server")
    client.add_argument("--agent", default="course_lib", help="name in the suite's report")
    options = parser.parse_args(arguments)
    max_size = options.max_size * 2**20
    try:
        if options.role == "server":
            compress = not options.no_compression
            asyncio.run(run_server(options.host, options.port, max_size, compress))
        else:
            asyncio.run(run_client(options.url, options.agent, max_size))
    except KeyboardInterrupt:
        return 130
    except (OSError, TimeoutError, HandshakeError, OverflowError, ValueError) as error:
        print(f"echo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
