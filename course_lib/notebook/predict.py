"""A question to commit to before the next cell gives the answer."""

from html import escape

from course_lib.grading.render import COLOURS, SYMBOLS, code_spans
from course_lib.notebook.display import Rich


def predict(question: str, options: dict[str, str], right: str) -> Rich:
    """A question with options, each of which opens to say whether it is right, and why.

    `options` maps each option to what is said about it; `right` is one of them. Works without a
    kernel, in any front end, by mouse or keyboard. Raises ValueError if `right` is no option.
    """
    if right not in options:
        raise ValueError(f"{right!r} is not among the options")
    items = []
    for option, why in options.items():
        status = "passed" if option == right else "failed"
        word = "Right." if option == right else "Not this one."
        items.append(
            f'<details style="margin:.2em 0"><summary style="cursor:pointer">'
            f"{code_spans(option)}</summary>"
            f'<p style="margin:.2em 0 .4em 1.2em">'
            f'<span style="color:{COLOURS[status]};font-weight:bold">{SYMBOLS[status]}</span> '
            f"<strong>{word}</strong> {code_spans(why)}</p></details>"
        )
    html = (
        '<div role="group" style="border-left:4px solid #0072b2;padding:.3em 0 .3em .9em;'
        f'max-width:52em;line-height:1.5" aria-label="{escape(question, quote=True)}">'
        f"<p><strong>Predict:</strong> {code_spans(question)}</p>{''.join(items)}</div>"
    )
    lines = [f"Predict: {question}"]
    lines += [f"  {letter}) {option}" for letter, option in zip("abcdefgh", options, strict=False)]
    return Rich("\n".join(lines), html)
