"""System calls that no answer needs, and that would lead past the walls or past a bench's limits.

Namespaces and limits leave open what is not in any process: a memory file, shared memory or a file
system of one's own hold memory that nobody counts; keyrings outlive their process; some kinds of
sockets know no network namespace. libseccomp makes the filter; apt and systemd bring it along, and
where there is none, those calls stay open.
"""

import ctypes
import errno
from collections.abc import Callable

FORBIDDEN = (
    "add_key", "keyctl", "request_key",
    "memfd_create", "memfd_secret", "mq_open", "msgget", "semget", "shmget",
    "bpf", "io_uring_setup", "mount", "perf_event_open", "setns", "userfaultfd",
)  # fmt: skip
NEW_USERS = 0x10000000
"""In a namespace of users of its own a bench could mount a file system."""
SOCKETS = {1, 2, 10}
"""AF_UNIX, AF_INET and AF_INET6; the others begin at 0, and there are more with every kernel."""

PR_SET_PDEATHSIG = 1
"""For `prctl`: by this a bench ends with its porter, whoever ended that."""

ALLOW, REFUSE = 0x7FFF0000, 0x00050000
EQUAL, AT_LEAST, MASKED = 4, 5, 7


class _Compare(ctypes.Structure):
    """libseccomp's `struct scmp_arg_cmp`."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def prepare() -> Callable[[], None]:
    """What a bench has to call, so that it and all that it starts do without such calls for good."""
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return lambda: None
    library.seccomp_init.restype = ctypes.c_void_p
    made = ctypes.c_void_p(library.seccomp_init(ALLOW))

    def refuse(name: str, *compared: int, error: int = errno.EPERM) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        compare = ctypes.byref(_Compare(*compared)) if compared else None
        given = (made, REFUSE | error, number, len(compared[:1]), compare)
        known = number != -1  # else it is newer than this libseccomp
        if known and library.seccomp_rule_add_array(*given):
            raise OSError(f"libseccomp takes no rule on {name}")

    for name in FORBIDDEN:
        refuse(name)
    refuse("clone3", error=errno.ENOSYS)  # its flags can't be seen; who calls it takes clone then
    refuse("prctl", 0, EQUAL, PR_SET_PDEATHSIG)
    for name in ("clone", "unshare"):
        refuse(name, 0, MASKED, NEW_USERS, NEW_USERS)
    for family in set(range(max(SOCKETS))) - SOCKETS:
        refuse("socket", 0, EQUAL, family, error=errno.EAFNOSUPPORT)
    refuse("socket", 0, AT_LEAST, max(SOCKETS) + 1, error=errno.EAFNOSUPPORT)

    def load() -> None:
        if library.seccomp_load(made):
            raise OSError("the kernel takes no filter")

    return load
