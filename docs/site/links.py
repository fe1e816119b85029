"""What is wrong with built pages: links that lead nowhere, and what comes from other machines."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "link": "href",
    "use": "href",
}
_IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


@dataclass
class Page(HTMLParser):
    """What one page has and asks for.

    Attributes:
        ids: what a link can lead to.
        links: where its links lead, as they are written.
        loads: what it loads to be shown.
    """

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        text = self.path.read_text("utf-8")
        self.loads += _IN_STYLES.findall(text)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update(value for name, value in attrs if name in ("id", "name") and value)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in _LOADS and _LOADS[tag] in given:
            self.loads.append(given[_LOADS[tag]])


def problems(folder: Path) -> list[str]:
    """A sentence for each link within a folder of pages that leads nowhere, and for each load from afar.

    Links to other machines are not followed: whether these answer says nothing of the pages.
    """
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        for url in page.loads:
            if urlsplit(url).netloc:
                found.append(f"{name} loads {url} from elsewhere.")
            elif not urlsplit(url).scheme and not _target(path, url).exists():
                found.append(f"{name} loads {url}, which is not there.")
        for url in page.links:
            to = urlsplit(url)
            if to.scheme or to.netloc:
                continue
            target = _target(path, url)
            if not target.is_file():
                found.append(f"{name} links to {url}, which is not there.")
            elif to.fragment and target in pages and unquote(to.fragment) not in pages[target].ids:
                found.append(f"{name} links to {url}, where there is no such place.")
    for path in sorted(folder.rglob("*.css")):
        for url in _IN_STYLES.findall(path.read_text("utf-8")):
            found.append(f"{path.relative_to(folder).as_posix()} loads {url} from elsewhere.")
    return found


def _target(page: Path, url: str) -> Path:
    path = unquote(urlsplit(url).path)
    return (page.parent / path).resolve() if path else page
