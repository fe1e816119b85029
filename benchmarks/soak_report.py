"""What came of a soak."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What came of a soak.

    Attributes:
        sent: messages sent, all clients together.
        clients: how many clients; each is to receive every message, its own as well.
        received: messages received, all clients together.
        lost: how many receipts are missing: sent × clients, less the different ones received.
        repeated: how many receipts were not the first of that message by that client.
        out_of_order: how many messages a client got after a later one of the same sender.
        reconnections: how often a connection was made anew.
        longest_outage: the longest time in seconds that a client was without a connection, from
            when it knew.
        longest_delay: the longest time in seconds from `send` to a receipt, which contains what
            a client did not know yet.
        faults: how often each fault was inflicted.
        seconds: how long it took.
    """

    sent: int
    clients: int
    received: int
    lost: int
    repeated: int
    out_of_order: int
    reconnections: int
    longest_outage: float
    longest_delay: float
    faults: dict[str, int]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, repeated or out of order."""
        return self.lost == self.repeated == self.out_of_order == 0

    def rows(self) -> dict[str, str]:
        """All of it as a table: a name for each number, and the number with its unit."""
        struck = ", ".join(f"{count} × {name}" for name, count in self.faults.items() if count)
        counts = ("received", "lost", "repeated", "out_of_order", "reconnections")
        return {
            "sent": f"{self.sent:,} messages by {self.clients} clients, each to all",
            "faults": struck or "none",
            **{name.replace("_", " "): f"{getattr(self, name):,}" for name in counts},
            "longest outage": f"{self.longest_outage:.2f} s",
            "longest delay": f"{self.longest_delay:.2f} s",
            "took": f"{self.seconds:.1f} s",
        }

    def to_json(self) -> str:
        """All of it."""
        return json.dumps(asdict(self), indent=2)
