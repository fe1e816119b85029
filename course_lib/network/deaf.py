"""A TCP connection whose line has died for the kernel as well (Linux only).

`Link` is a relay: its kernel acknowledges what it takes in, so that TCP notices nothing of a
silence, as with a proxy whose far side is gone. A deaf socket acknowledges nothing.
"""

import ctypes
import socket
import struct
from dataclasses import dataclass

_ATTACH_FILTER = 26  # SO_ATTACH_FILTER of <asm-generic/socket.h>; Python has no name for it
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)  # one BPF instruction: accept 0 bytes of a packet
_INFO_SIZE = 104


@dataclass(frozen=True, slots=True)
class Resending:
    """What TCP has tried so far (struct tcp_info).

    Attributes:
        packets: how many packets were sent once more.
        timeout: seconds that it waits for an acknowledgement at present.
    """

    packets: int
    timeout: float


def deafen(sock: socket.socket) -> None:
    """Throw away every packet that arrives for `sock`, and tell nobody.

    What the other end sends is never acknowledged; `sock` itself may still send.

    Raises:
        OSError: The system has no socket filters, or does not allow them.
    """
    program = ctypes.create_string_buffer(_DROP_ALL)
    filters = struct.pack("HP", 1, ctypes.addressof(program))  # struct sock_fprog
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, filters)


def resending(sock: socket.socket) -> Resending:
    """What TCP has sent again on this connection.

    Raises:
        AttributeError: The system is not Linux.
    """
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
    (timeout,) = struct.unpack_from("I", info, 8)
    (packets,) = struct.unpack_from("I", info, 100)
    return Resending(packets, timeout / 1e6)
