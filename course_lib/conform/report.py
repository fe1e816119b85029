"""A card as people read it: in a terminal, in a notebook, and as a page of its own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from course_lib.conform.card import SECTIONS, Card, Outcome, Result, standing
from course_lib.document import document
from course_lib.judge.render import COLOURS, plural
from course_lib.notebook.anatomy import frame_summary
from course_lib.notebook.display import Rich
from course_lib.notebook.pictures import frame_html


class Look(NamedTuple):
    """How an outcome is shown.

    Attributes:
        symbol: a character.
        ink: its colour, on a light ground and on a dark one.
        word: what it says of a rule.
    """

    symbol: str
    ink: str
    word: str


LOOKS: dict[Outcome, Look] = {
    "passed": Look("✓", COLOURS["passed"], "kept"),
    "differs": Look("~", "#b58900", "not as advised"),
    "failed": Look("✗", COLOURS["failed"], "broken"),
    "left out": Look("–", "#888888", "not tried"),
}
STYLE = Path(__file__).with_name("report.css")
DRAWN = 4
"""Frames that are drawn for a case; what was sent in more is counted."""

ALIKE = 3
"""Cases of a section that are shown with their frames; the rest is in a list."""


def as_text(card: Card, *, details: bool = True) -> str:
    """The card for a terminal: a line for each section, and with `details` what was broken in it."""
    lines = [f"A {card.role} held against RFC 6455 (seed {card.seed}): {_sum(card.results)}"]
    for name, title in SECTIONS.items():
        results = card.of(name)
        lines.append(f"{LOOKS[standing(results)].symbol} {title:<22} {_sum(results)}")
        if details:
            lines += [line for result in results for line in _told(result)]
    return "\n".join(lines)


def _told(result: Result) -> Iterator[str]:
    """The lines on one case; none if all was as it should be."""
    if result.outcome in ("failed", "differs"):
        yield f"    {LOOKS[result.outcome].symbol} {result.rule} {result.name}: {result.why}"
    if result.outcome == "failed":
        for label, text in (
            ("sent", _in_a_line(result.sent)),
            ("expected", result.expected),
            ("came", _in_a_line(result.came) or "nothing"),
        ):
            if text:
                yield f"        {label:<9} {text}"


def _in_a_line(wires: Sequence[bytes]) -> str:
    """The first few frames, or the first line of a head."""
    if wires and _is_head(wires[0]):
        return wires[0].decode("latin-1").split("\r\n")[0]
    more = f" and {plural(len(wires) - 2, 'frame')} more" if len(wires) > 3 else ""
    return "; ".join(frame_summary(wire) for wire in wires[: 2 if more else 3]) + more


def _is_head(wire: bytes) -> bool:
    return wire[:4] in (b"GET ", b"POST", b"HTTP")


def show(card: Card, *, details: bool = True) -> Rich:
    """The card in a notebook; without `details` only how each section stands."""
    return Rich(as_text(card, details=details), as_html(card, details=details))


def as_html(card: Card, *, details: bool = True) -> str:
    """The card as a part of a page, in colours that hold on a light and on a dark ground."""
    rows = "".join(_section(name, card.of(name)) for name in SECTIONS)
    body = "".join(_broken(name, card.of(name)) for name in SECTIONS) if details else ""
    cell = "text-align: left; padding: 2px 12px 2px 0"
    head = "".join(
        f'<th scope="col" style="{cell}">{word}</th>' for word in ("section", "share", "rules")
    )
    return (
        f'<div><div style="overflow-x: auto" tabindex="0"><table style="border-collapse: collapse; margin: 8px 0">'
        f"<caption style='text-align: left; font-weight: 600'>A {escape(card.role)} held against "
        f"RFC 6455</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{body}</div>"
    )


def page(card: Card, of: str) -> str:
    """The card as a page of its own; `of` says what was tried."""
    of = escape(of)
    intro = f"<h1>Report card</h1><p>Of <code>{of}</code>, with seed {card.seed}.</p>"
    return document(f"Report card: {of}", intro + as_html(card), STYLE)


def _sum(results: Sequence[Result]) -> str:
    """E.g. "38 kept, 2 broken"."""
    count = Counter(result.outcome for result in results)
    told = [f"{count[it]} {look.word}" for it, look in LOOKS.items() if count[it]]
    return ", ".join(told) or "not tried"


def _section(name: str, results: Sequence[Result]) -> str:
    how = standing(results)
    count = Counter(result.outcome for result in results)
    total = max(len(results), 1)
    bars = "".join(
        f'<span style="display:inline-block;height:12px;width:{160 * count[outcome] / total:.1f}px;'
        f'background:{LOOKS[outcome].ink}"></span>'
        for outcome in LOOKS
        if count[outcome]
    )
    cell = "text-align: left; padding: 2px 12px 2px 0; white-space: nowrap"
    return (
        f'<tr><th scope="row" style="{cell}; font-weight: 400">'
        f'<span style="color:{LOOKS[how].ink}; font-weight: 700">{LOOKS[how].symbol}</span> '
        f'{SECTIONS[name]}</th><td style="{cell}" aria-hidden="true">{bars}</td>'
        f'<td style="{cell}">{_sum(results)}</td></tr>'
    )


def _broken(name: str, results: Iterable[Result]) -> str:
    """What was broken in a section: the first few with their frames, the rest by name."""
    failed = [result for result in results if result.outcome == "failed"]
    differs = [result for result in results if result.outcome == "differs"]
    if not failed + differs:
        return ""
    shown = "".join(case_html(result) for result in failed[:ALIKE])
    rest = "".join(f"<li>{_line(result)}</li>" for result in [*failed[ALIKE:], *differs])
    return (
        f"<details{' open' if failed else ''}><summary><strong>{SECTIONS[name]}</strong>: "
        f"{_sum(failed + differs)}</summary>{shown}{f'<ul>{rest}</ul>' if rest else ''}</details>"
    )


def _line(result: Result) -> str:
    number = result.rule if " " in result.rule else f"section {result.rule}"
    return (
        f'<span style="color:{LOOKS[result.outcome].ink}">{LOOKS[result.outcome].symbol}</span> '
        f'{escape(result.name)} (<a style="text-decoration: underline" href="{result.link}">{number}</a>): '
        f"{escape(result.why)}"
    )


def case_html(result: Result) -> str:
    """One case: what was wrong, what was sent, what should have come, and what came."""
    expected = f"<div>expected: {escape(result.expected)}</div>" if result.expected else ""
    return (
        f'<div style="border-left: 3px solid {LOOKS[result.outcome].ink}; padding: 4px 12px; margin: 8px 0">'
        f"<div>{_line(result)}</div>{_bytes('sent', result.sent)}{expected}"
        f"{_bytes('came', result.came)}</div>"
    )


def _bytes(label: str, wires: Sequence[bytes]) -> str:
    """Frames as drawings, heads of HTTP as text."""
    if not wires:
        return f"<div>{label}: nothing</div>" if label == "came" else ""
    if _is_head(wires[0]):
        return f"<div>{label}:</div><pre>{escape(wires[0].decode('latin-1').rstrip())}</pre>"
    more = len(wires) - DRAWN
    # Each can be scrolled where it is wider than the page, and so by the keyboard, too.
    drawn = "".join(
        frame_html(wire).replace("<figure ", '<figure tabindex="0" ', 1) for wire in wires[:DRAWN]
    )
    left = f"<div>and {plural(more, 'frame')} more</div>" if more > 0 else ""
    last = f"<div>the last: {escape(frame_summary(wires[-1]))}</div>" if more > 0 else ""
    return f"<div>{label}:</div>{drawn}{left}{last}"
