"""What the page's files must keep to: the strict content policy, and names only ever as text."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.routes.web import FOLDER

SCRIPTS = sorted(FOLDER.glob("*.js"))


class Page(HTMLParser):
    """Collects what the page loads, and what a content policy without 'unsafe-inline' forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        for name, value in attrs:
            if name in ("src", "href") and not (value or "").startswith("data:"):
                self.loads.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style") and data.strip():
            self.inline.append(self._within)


@pytest.fixture
def page() -> Page:
    page = Page()
    page.feed((FOLDER / "index.html").read_text())
    return page


def test_nothing_on_the_page_is_inline(page: Page) -> None:
    assert page.inline == []


def test_the_page_loads_only_files_that_are_there(page: Page) -> None:
    assert page.loads
    for path in page.loads:
        assert path.startswith("web/")
        assert (FOLDER / path.removeprefix("web/")).is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_set_text_only_as_text_and_import_only_what_is_there(script: Path) -> None:
    text = script.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)
    for imported in re.findall(r'from "\./([^"]+)"', text):
        assert (FOLDER / imported).is_file()
