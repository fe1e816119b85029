"""What a stored notebook must hold to. Each check returns its complaints, one sentence each."""

import ast
import itertools
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

EXEMPT = {"nbval-ignore-output", "nbval-skip"}
LONGEST_CELL = 25
CODE = re.compile(r"(?s)```.*?```|`[^`\n]*`")
LINK = re.compile(r"(?<!\\)\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:href|src)=[\"']([^\"']+)[\"']")
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])(/home/\w+|/Users/\w+|/root/|/tmp/|/var/folders/)|\b[A-Z]:\\\\?Users\\"
)

# A cookie or a token with its value; `course_lib.notebook.header_fields` shows neither.
SECRET = re.compile(
    r"(?im)^\W*(?:set-)?cookie\W+(?!present \()\S*=\S{8,}"
    r"|\bauthorization\W+(?:bearer|basic|token) \S{8,}"
    r"|\b_xsrf=\w|\busername-[\w-]+=\W*\d"
    r"|\btoken=[0-9a-f]{16,}"
)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def name(cell: NotebookNode) -> str:
    """Return what a reader recognises the cell by: its first line."""
    return repr(cell.source.strip().split("\n")[0][:60])


def unexecuted(notebook: NotebookNode) -> list[str]:
    """nbval runs a cell without an execution count but compares nothing."""
    cells = code_cells(notebook)
    return [
        f"{name(cell)} was executed as [{cell.execution_count}], and stands at place {place}"
        for place, cell in enumerate(cells, 1)
        if cell.execution_count != place
    ]


def errors(notebook: NotebookNode) -> list[str]:
    return [
        f"{name(cell)} stores the error {output.ename}"
        for cell in code_cells(notebook)
        if "raises-exception" not in tags(cell)
        for output in cell.outputs
        if output.output_type == "error"
    ]


def exempt_without_reason(notebook: NotebookNode) -> list[str]:
    """An exempt cell says why it varies, and a compared one right after it concludes."""
    complaints = []
    for cell, after in itertools.pairwise([*code_cells(notebook), None]):
        if not tags(cell) & EXEMPT:
            continue
        why = cell.metadata.get("course", {}).get("varies", "")
        if not (isinstance(why, str) and why.strip()):
            complaints.append(f"{name(cell)} is not compared, and metadata.course.varies is empty")
        if after is None or tags(after) & EXEMPT or not concludes(after):
            complaints.append(f"{name(cell)} is not compared, and no compared conclusion follows")
    return complaints


def concludes(cell: NotebookNode) -> bool:
    return re.search(r"(?m)^\s*assert\b", cell.source) is not None or bool(cell.outputs)


def cell_ids(notebook: NotebookNode) -> list[str]:
    ids = [cell.get("id") for cell in notebook.cells]
    missing = [f"{name(cell)} has no id" for cell in notebook.cells if not cell.get("id")]
    return missing + [f"the cell id {one} stands twice" for one in set(ids) if ids.count(one) > 1]


def long_cells(notebook: NotebookNode) -> list[str]:
    return [
        f"{name(cell)} has {lines} lines; more than {LONGEST_CELL} belong in course_lib"
        for cell in code_cells(notebook)
        if not cell.source.startswith("%%answer")
        and (lines := len(cell.source.strip().splitlines())) > LONGEST_CELL
    ]


def taken_names(notebook: NotebookNode) -> list[str]:
    """A function whose name a later cell takes for a value: its own cells can't be run again."""
    functions: set[str] = set()
    complaints = []
    for cell in code_cells(notebook):
        if cell.source.startswith("%"):
            continue
        body = ast.parse(cell.source).body
        own = {
            each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        given = {
            target.id
            for each in body
            if isinstance(each, ast.Assign)
            for place in each.targets
            for target in ast.walk(place)
            if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
        }
        taken = sorted((functions - own) & given)
        complaints += [f"{name(cell)} takes the name of the function `{each}`" for each in taken]
        functions |= own
    return complaints


def texts(value: object) -> list[str]:
    """Return every text in the outputs of a cell, without the data of pictures."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        shown = (item for key, item in value.items() if key not in ("image/png", "image/jpeg"))
        return [text for item in shown for text in texts(item)]
    return []


def machine_paths(notebook: NotebookNode, checkout: Path) -> list[str]:
    here = [str(checkout), str(Path.home()), tempfile.gettempdir()]
    complaints = []
    for cell in notebook.cells:
        for text in [cell.source, *texts(cell.get("outputs", []))]:
            found = MACHINE_PATH.search(text)
            path = found[0] if found else next((p for p in here if len(p) > 5 and p in text), None)
            if path:
                complaints.append(f"{name(cell)} holds the machine path {path}")
    return complaints


def secrets(notebook: NotebookNode) -> list[str]:
    """What a reader's browser or shell says in confidence stands in no output."""
    return [
        f"{name(cell)} shows a secret: {found[0][:40]!r}"
        for cell in code_cells(notebook)
        for text in texts(cell.outputs)
        if (found := SECRET.search(re.sub(r"<[^>]*>", " ", text)))
    ]


def pictures_without_words(notebook: NotebookNode) -> list[str]:
    """Every picture says what it shows, for those who hear a page instead of seeing it."""
    complaints = []
    for cell in notebook.cells:
        data = [output.get("data", {}) for output in cell.get("outputs", [])]
        html = [CODE.sub("", cell.source) if cell.cell_type == "markdown" else ""]
        html += [text for each in data for text in texts(each.get("text/html", []))]
        bare = any(key.startswith("image/") for each in data for key in each)
        pictures = [tag for text in html for tag in re.findall(r"<(?:img|svg)\b[^>]*>", text)]
        spoken = r"\b(?:alt|aria-label)=[\"'][^\"']|\baria-hidden=.true"
        if bare or not all(re.search(spoken, tag) for tag in pictures):
            complaints.append(f"{name(cell)} shows a picture without words for it")
        if re.search(r"!\[\s*\]\(", html[0]):
            complaints.append(f"{name(cell)} holds a picture without words for it")
    return complaints


def links(notebook: NotebookNode) -> list[str]:
    """Return the targets of all links in the markdown of a notebook, in order."""
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = (CODE.sub("", source) for source in cells)
    return [one or other for source in prose for one, other in LINK.findall(source)]


def anchors(markdown: list[str], *, notebook: bool) -> set[str]:
    """Return the anchors of the headings, as JupyterLab or as a Git forge makes them."""
    titles = [title for text in markdown for title in re.findall(r"(?m)^#+ +(.+?)\s*$", text)]
    if notebook:
        return {re.sub(r"[`*]", "", title).replace(" ", "-") for title in titles}
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(notebook: NotebookNode, path: Path) -> list[str]:
    import nbformat

    complaints = []
    for link in links(notebook):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = (path.parent / file) if file else path
        if not target.exists():
            complaints.append(f"the link {link} leads to no file")
        elif anchor and target.suffix == ".ipynb":
            other = notebook if target == path else nbformat.read(target, as_version=4)
            prose = [cell.source for cell in other.cells if cell.cell_type == "markdown"]
            if anchor not in anchors(prose, notebook=True):
                complaints.append(f"the link {link} leads to no heading")
        elif anchor and target.suffix == ".md":
            prose = [target.read_text(encoding="utf-8")]
            if anchor not in anchors(prose, notebook=False):
                complaints.append(f"the link {link} leads to no heading")
    return complaints


def missing_neighbours(notebook: NotebookNode, path: Path, lessons: list[Path]) -> list[str]:
    """A lesson links to the one before it and to the one after it, of those that stand."""
    place = lessons.index(path)
    neighbours = lessons[max(place - 1, 0) : place] + lessons[place + 1 : place + 2]
    targets = {unquote(link).partition("#")[0].removeprefix("./") for link in links(notebook)}
    return [f"no link to {near.name}" for near in neighbours if near.name not in targets]


def outputs_left(notebook: NotebookNode) -> list[str]:
    """An exercise is handed out as nobody has run it."""
    return [
        f"{name(cell)} was run already"
        for cell in code_cells(notebook)
        if cell.outputs or cell.execution_count is not None
    ]


# Where no link to the glossary can stand: code, formulas, headings, HTML, other links, and the question
# of a prediction, by which a learner's choice is found again.
NO_LINK = re.compile(
    r"(?ms)```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|^#.*?$|^\*\*Predict\.\*\*.*?(?=\n\n|<details>|\Z)"
    r"|<details>.*?</details>|<[^>]+>|\[[^\]]*\]\([^)]*\)"
)


def terms(glossary: NotebookNode) -> list[str]:
    """Return the words that the glossary explains, in its order."""
    prose = (cell.source for cell in glossary.cells if cell.cell_type == "markdown")
    return [term for text in prose for term in re.findall(r"(?m)^## (.+)$", text)]


def first_use(term: str, source: str) -> int | None:
    """Return where a text could link the term to the glossary and does not; None if nowhere."""
    kept = NO_LINK.sub(lambda found: " " * len(found[0]), source)
    words = r"\s+".join(re.escape(word) for word in term.split(" "))
    found = re.search(rf"(?i)(?<![\w-]){words}s?(?![\w-])", kept)
    return found.start() if found else None


def unlinked_terms(glossary: NotebookNode, lessons: list[NotebookNode]) -> list[str]:
    """The first use of each term, behind the head of a lesson, is a link to its explanation."""
    prose = [
        cell.source
        for lesson in lessons
        for cell in lesson.cells[1:]
        if cell.cell_type == "markdown"
    ]
    complaints = []
    for term in terms(glossary):
        link = f"](glossary.ipynb#{term.replace(' ', '-')})"
        for text in prose:
            unlinked, linked = first_use(term, text), text.find(link)
            if unlinked is not None and not 0 <= linked < unlinked:
                line = text[unlinked:].split("\n")[0][:60]
                complaints.append(f"{term!r} is no link where it is first used: {line!r}")
            if unlinked is not None or linked >= 0:
                break
        else:
            complaints.append(f"no lesson uses {term!r}")
    return complaints


def unsorted_terms(glossary: NotebookNode) -> list[str]:
    """Terms stand in order, and in small letters: then every reader makes the same anchor of them."""
    there = terms(glossary)
    return [
        f"{term!r} has other characters" for term in there if not re.fullmatch("[a-z -]+", term)
    ] + [
        f"{after!r} stands behind {before!r}"
        for before, after in itertools.pairwise(there)
        if after <= before
    ]


TEXT_KINDS = ("text/plain", "text/html")


def said(notebook: NotebookNode) -> str:
    """Return all the text of a notebook: its cells, and what came out of them."""
    parts = [cell.source for cell in notebook.cells]
    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        data = output.get("data", {})
        parts.append(output.get("text", "") + "".join(data.get(kind, "") for kind in TEXT_KINDS))
    return "\n".join(parts)


def unfounded_numbers(notebook: NotebookNode, lessons: dict[str, NotebookNode]) -> list[str]:
    """In a row of a table whose middle names lessons, the last cell's numbers stand in one of them."""
    rows = [line.split("|") for cell in notebook.cells for line in cell.source.splitlines()]
    complaints = []
    for row in (row for row in rows if len(row) == 5):
        founded = "\n".join(
            said(lessons[number]) for number in re.findall(r"\((\d\d)_\w+\.ipynb\)", row[2])
        )
        for number in re.findall(r"\d[\d,.]*", row[3]) if founded else ():
            number = number.rstrip(".,")
            if not re.search(rf"(?<![\d.,]){re.escape(number)}(?!\d|[.,]\d)", founded):
                complaints.append(f"{number} does not stand in {row[2].strip()}")
    return complaints
