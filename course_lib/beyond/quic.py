"""QUIC for a lab: a server on this machine, and what a client needs to believe it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from aioquic.asyncio import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.quic.configuration import QuicConfiguration

from course_lib.security import LabAuthority

_LARGEST_DATAGRAM = 65_536  # bytes of a DATAGRAM frame that an end takes (RFC 9221, section 3)


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that runs.

    Attributes:
        port: on loopback; QUIC's is of UDP.
    """

    port: int


@asynccontextmanager
async def listening(
    lab: LabAuthority, alpn: str, protocol: Callable[..., QuicConnectionProtocol]
) -> AsyncIterator[Listening]:
    """A QUIC server on loopback.

    Args:
        lab: Vouches for the server.
        alpn: The name of the protocol over QUIC that both ends agree on, e.g. "h3".
        protocol: Makes what takes care of a connection.
    """
    configuration = _configuration(alpn, is_client=False)
    with certificate_files(lab) as (chain, key):
        configuration.load_cert_chain(chain, key)
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: QuicServer(configuration=configuration, create_protocol=protocol),
        local_addr=("127.0.0.1", 0),
    )
    try:
        yield Listening(transport.get_extra_info("sockname")[1])
    finally:
        server.close()


@contextmanager
def certificate_files(lab: LabAuthority) -> Iterator[tuple[str, str]]:
    """A certificate of a server and its key, in files that end with the body."""
    certificate = lab.certificate()
    with (
        certificate.cert_chain_pems[0].tempfile() as chain,
        certificate.private_key_pem.tempfile() as key,
    ):
        yield chain, key


def believing(lab: LabAuthority, alpn: str) -> QuicConfiguration:
    """What a client needs to speak with a server that `lab` vouches for, and with no other."""
    configuration = _configuration(alpn, is_client=True)
    configuration.load_verify_locations(cadata=lab.pem)
    return configuration


def _configuration(alpn: str, *, is_client: bool) -> QuicConfiguration:
    return QuicConfiguration(
        is_client=is_client, alpn_protocols=[alpn], max_datagram_frame_size=_LARGEST_DATAGRAM
    )
