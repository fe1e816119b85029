"""The report card: what an implementation kept of RFC 6455, case by case and section by section."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Outcome = Literal["passed", "differs", "failed", "left out"]
"""Whether a rule was kept: `differs` where the RFC only advises something else, and `left out`
where it asks nothing of this endpoint, or where nothing could be tried."""

SECTIONS = {
    "handshake": "Opening handshake",
    "frames": "Frames and masking",
    "control": "Control frames",
    "fragments": "Fragmentation",
    "text": "UTF-8",
    "closing": "Closing",
    "limits": "Limits",
    "deflate": "permessage-deflate",
}
"""What a card has a line for, in order."""

RFC = "https://www.rfc-editor.org/rfc/rfc{number}#section-{section}"


@dataclass(frozen=True)
class Result:
    """What came of one case.

    Attributes:
        section: a key of `SECTIONS`.
        name: what the case is about.
        rule: the section of RFC 6455 that it is from; "7692 7.2.1" for one of another RFC.
        outcome: see `Outcome`.
        why: a sentence on what was not as it should be; empty if all was.
        sent: the frames that were sent, each in the bytes of the wire; in a case of the handshake,
            one head.
        expected: what should have come, in words.
        came: what came, in the same form as `sent`.
    """

    section: str
    name: str
    rule: str
    outcome: Outcome
    why: str = ""
    sent: tuple[bytes, ...] = ()
    expected: str = ""
    came: tuple[bytes, ...] = ()

    @property
    def link(self) -> str:
        """Where the rule can be read."""
        number, _, section = self.rule.rpartition(" ")
        return RFC.format(number=number or "6455", section=section)


def kept(section: str, name: str, rule: str, wrong: bytes | None, why: str) -> Result:
    """What came of a rule for all that was sent, which `wrong` breaks if there is such."""
    if wrong is None:
        return Result(section, name, rule, "passed")
    return Result(section, name, rule, "failed", why, came=(wrong,))


@dataclass(frozen=True)
class Card:
    """The results of one implementation in one role.

    Attributes:
        role: "server" or "client": what was tried.
        seed: makes the same masking keys again.
    """

    role: str
    seed: int
    results: tuple[Result, ...]

    def of(self, section: str) -> list[Result]:
        """The results of one section."""
        return [result for result in self.results if result.section == section]

    @property
    def red(self) -> list[str]:
        """The sections in which a rule was broken."""
        return [name for name in SECTIONS if standing(self.of(name)) == "failed"]

    def to_dict(self) -> dict[str, object]:
        """The card as JSON takes it; bytes are in hexadecimal."""
        return {
            "role": self.role,
            "seed": self.seed,
            "sections": {name: standing(self.of(name)) for name in SECTIONS},
            "results": [
                asdict(result)
                | {
                    "sent": [data.hex() for data in result.sent],
                    "came": [data.hex() for data in result.came],
                    "link": result.link,
                }
                for result in self.results
            ],
        }


def standing(results: Iterable[Result]) -> Outcome:
    """What several results come to: the worst of them."""
    outcomes = {result.outcome for result in results}
    worst: tuple[Outcome, ...] = ("failed", "differs", "passed")
    return next((outcome for outcome in worst if outcome in outcomes), "left out")
