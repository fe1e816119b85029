"""`course site`: the pages from what is in git, without a network, and each of them for everybody."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.errors import CourseError
from course_lib.paths import EXERCISES, NOTEBOOKS, ROOT
from docs.site import build, links
from tests.browser.rules import faults

ALL = [
    *("index", "search", "docs/learner", "docs/instructor", "docs/conformance"),
    *(f"notebooks/{path.stem}" for path in sorted(NOTEBOOKS.glob("*.ipynb"))),
    *(f"exercises/{path.stem}" for path in sorted(EXERCISES.glob("*.ipynb"))),
]


def built(checkout: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """What `course site` says in a checkout, where the system can take the network away."""
    alone = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"]
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, '.')\n"
               "from course_lib.cli import main; sys.exit(main())", "site", "--out", str(out)]  # fmt: skip
    return subprocess.run(
        [*(alone if shutil.which("bwrap") else []), *command],
        cwd=checkout, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site of what git has of this checkout."""
    folder = tmp_path_factory.mktemp("site")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "course_lib", "docs", "exercises", "launcher", "notebooks", "README.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            to = folder / "checkout" / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to)
    done = built(folder / "checkout", folder / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_every_lesson_exercise_and_guide_has_its_page(site):
    there = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    assert there == {f"{name}.html" for name in ALL}
    assert not list(site.rglob("*_tests*")) + list(site.rglob("*solutions*"))


def test_no_page_looks_for_a_kernel(site):
    for page in site.rglob("*.html"):
        scripts = page.read_text("utf-8").split("<script")[1:]
        assert not [it for it in scripts if "127.0.0.1" in it.partition("</script>")[0]], page.name


def test_a_lesson_of_two_sittings_is_one_page_in_the_list(site):
    listed = (site / "index.html").read_text("utf-8").partition("<article")[0]
    assert "04 · Messages" in listed
    assert "sitting" not in listed


def test_what_is_wrong_with_pages_is_said(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">1</a><a href="b.html#no">2</a><a href="c.html">3</a>'
        '<a href="https://example.org/">4</a><script src="https://cdn.example/x.js"></script>'
        '<img src="no.png"><style>@import "//fonts.example/f.css";</style>'
    )
    (tmp_path / "b.html").write_text("<p>")
    (tmp_path / "c.css").write_text("p { background: url(http://img.example/p.png) }")
    assert links.problems(tmp_path) == [
        "a.html loads //fonts.example/f.css from elsewhere.",
        "a.html loads https://cdn.example/x.js from elsewhere.",
        "a.html loads no.png, which is not there.",
        "a.html links to b.html#no, where there is no such place.",
        "a.html links to c.html, which is not there.",
        "c.css loads http://img.example/p.png from elsewhere.",
    ]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(CourseError, match="holds something other than a site"):
        build.check_free(tmp_path)
    build.check_free(tmp_path / "new")


@pytest.fixture(scope="module")
def reader(browser):
    """One window in which page after page is opened, without a network."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ALL)
def test_every_page_is_for_everybody(reader, site, name):
    reader.goto((site / f"{name}.html").as_uri())
    assert faults(reader) == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "first", "found"),
    [
        ("masking key", "Glossary > masking key", ["03 · Frames"]),
        ("close code 1006", None, ["08 · Reconnection", "Glossary"]),
        ("1006", None, ["08 · Reconnection", "Glossary"]),
        ("close code", "Glossary > close code", ["03 · Frames"]),
        ("heartbeat", "Glossary > heartbeat", ["07 · Heartbeats"]),
    ],
)
def test_the_search_finds_words_and_numbers_without_a_network(page, site, words, first, found):
    page.context.set_offline(True)
    page.goto((site / "search.html").as_uri())
    page.get_by_label("Words to find").fill(words)
    page.keyboard.press("Enter")
    results = page.locator("#search-results")
    for name in found:
        results.get_by_role("link", name=name, exact=True).wait_for()
    if first:
        assert results.get_by_role("link").first.inner_text() == first


FOCUSED = (
    "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
)


@pytest.mark.browser
def test_with_the_keyboard_on_a_phone_the_list_of_pages_is_met_once_it_is_open(page, site):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto((site / "notebooks/03_frames.html").as_uri())
    met = []
    while "← 02" not in (met or [""])[-1]:
        page.keyboard.press("Tab")
        met.append(page.evaluate(FOCUSED))
        if met[-1] == "All pages":
            opener = len(met)
    assert "00 · Start here" not in met
    page.reload()
    for _ in range(opener):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("link", name="00 · Start here", exact=True).first.focus()
    assert page.evaluate(FOCUSED) == "00 · Start here"


@pytest.mark.browser
def test_the_knobs_of_lesson_05_turn_without_a_kernel(page, site):
    page.goto((site / "notebooks/05_polling_to_push.html").as_uri())
    knobs = page.locator(".course-knobs")
    before = knobs.inner_text()
    knobs.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    assert knobs.inner_text() != before
