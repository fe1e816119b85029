"""What can go wrong: a handshake is refused, a peer breaks a rule, or this end asks too late."""


class HandshakeError(Exception):
    """The opening handshake breaks a rule, so the connection must not be made.

    Attributes:
        message: what is wrong, in one sentence.
        section: where the rule stands: ``"4.2.1"`` in RFC 6455, or ``"RFC 9112 5.1"`` elsewhere.
        status: the HTTP status that belongs to it: what a server should answer with, or, when a
            client judges a response, what the server did answer with.
    """

    def __init__(self, message: str, *, section: str, status: int = 400) -> None:
        self.message = message
        self.section = section
        self.status = status
        super().__init__(f"{message} ({_cite(section)})")


class ProtocolError(Exception):
    """The peer's bytes break a rule, so the connection must be failed (RFC 6455 section 7.1.7).

    Attributes:
        message: what is wrong, in one sentence.
        section: where the rule stands, as in `HandshakeError`.
        code: the close code that tells the peer why: 1002, 1007 or 1009 (section 7.4.1).
    """

    def __init__(self, message: str, *, section: str, code: int = 1002) -> None:
        self.message = message
        self.section = section
        self.code = code
        super().__init__(f"{message} ({_cite(section)})")


class StateError(Exception):
    """This end asks for what the connection's state does not allow, such as to send after Close."""


def _cite(section: str) -> str:
    if not section.startswith("RFC"):
        section = f"RFC 6455 {section}"
    rfc, _, number = section.rpartition(" ")
    return f"{rfc} section {number}"
