"""Who somebody is, said so that it can be checked: signed tokens that expire, and tickets.

A token is signed, not encrypted: whoever has it can read it, and be whoever it says. A ticket is
a random number that stands for an identity once, and for half a minute: what leaks into a log has
been used by then.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer
from pydantic import TypeAdapter, ValidationError


class BadToken(ValueError):
    """A token or ticket that proves nothing; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who has proved who they are.

    Attributes:
        user: their name.
        expires: until when this holds, in seconds since 1970.
        rights: what they may do, each as "action:object", e.g. "say:lobby"; "say:*" is any object.
    """

    user: str
    expires: float
    rights: frozenset[str] = frozenset()

    def may(self, action: str, thing: str = "*") -> bool:
        """Whether they may do this to that; asked anew for each message."""
        return not self.rights.isdisjoint({f"{action}:{thing}", f"{action}:*"})


_identities = TypeAdapter(Identity)


def same(given: str, secret: str) -> bool:
    """Whether two secrets are equal, in a time that doesn't tell how far they agree."""
    return hmac.compare_digest(_bytes(given), _bytes(secret))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


class Tokens:
    """Issues signed tokens, and reads them.

    Args:
        secret: The key of the signatures; by default a new one, which dies with this process.
        seconds: How long a token holds.
        purpose: Mixed into the key: a token for one purpose is none for another.
        clock: The time in seconds since 1970.
    """

    def __init__(
        self,
        secret: str = "",
        *,
        seconds: float = 3600.0,
        purpose: str = "session",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._signer = URLSafeSerializer(secret or secrets.token_hex(32), salt=purpose)
        self._seconds, self._clock = seconds, clock

    def issue(self, user: str, rights: Iterable[str] = ()) -> str:
        """A token for somebody who has just proved who they are."""
        expires = self._clock() + self._seconds
        return str(self._signer.dumps({"user": user, "expires": expires, "rights": sorted(rights)}))

    def read(self, token: str) -> Identity:
        """Whose token it is.

        Raises:
            BadToken: It isn't ours, was changed, or has expired.
        """
        try:
            identity = _identities.validate_python(self._signer.loads(token))
        except (BadData, ValidationError, ValueError):
            raise BadToken("The token is not valid.") from None
        if identity.expires <= self._clock():
            raise BadToken("The token has expired.")
        return identity


class Tickets:
    """Tickets that let somebody in once.

    Args:
        seconds: How long a ticket waits to be used.
        clock: The time in seconds since 1970.
    """

    def __init__(self, seconds: float = 30.0, *, clock: Callable[[], float] = time.time) -> None:
        self._seconds, self._clock = seconds, clock
        self._open: dict[str, tuple[float, Identity]] = {}

    def issue(self, identity: Identity) -> str:
        """A ticket for somebody who has proved who they are in another way."""
        now = self._clock()
        self._open = {each: kept for each, kept in self._open.items() if kept[0] > now}
        ticket = secrets.token_urlsafe(16)
        self._open[ticket] = (now + self._seconds, identity)
        return ticket

    def redeem(self, ticket: str) -> Identity:
        """Whose ticket it is; from now on it is nobody's.

        Raises:
            BadToken: There is no such ticket, it was used, or it waited too long.
        """
        # A lookup by hash tells nothing of use: there is no way to guess 128 bits piece by piece.
        expires, identity = self._open.pop(ticket, (0.0, None))
        now = self._clock()
        if identity is None or min(expires, identity.expires) <= now:
            raise BadToken("The ticket is not valid any more.")
        return identity
