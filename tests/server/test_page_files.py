"""What the page's files must keep to: the strict content policy, names only ever as text, licences beside what is
not ours. And how they are held."""

import gzip
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.page_files import LICENCE, PageFiles
from server.routes.web import FOLDER

SCRIPTS = sorted(FOLDER.rglob("*.js"))
STYLES = sorted(FOLDER.rglob("*.css"))
OURS = [script for script in SCRIPTS if "vendor" not in script.parts]

IMPORT = re.compile(
    r"""(?:^\s*(?:import|export)\s[^"';=()]*\bfrom\s*|^\s*import\s*|\bimport\(\s*)["']([^"']+)["']""", re.MULTILINE
)
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc")
CODE = re.compile(r"\beval\b|new Function\b|set(?:Timeout|Interval)\(\s*[\"'`]|javascript:")
INLINE_STYLE = re.compile(
    r"""setAttribute\(\s*["']style["']|\bstyle:\s*["'`{]|cssText|createElement\(\s*["']style["']"""
)
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)


class Page(HTMLParser):
    """Collects what the page loads, and what a content policy without 'unsafe-inline' forbids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.modules: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        given = dict(attrs)
        if (path := given.get("src") or given.get("href")) and not path.startswith("#"):
            self.loads.append(path)
            if given.get("rel") == "modulepreload":
                self.modules.append(path)
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style") and data.strip():
            self.inline.append(self._within)


@pytest.fixture(scope="module")
def files() -> PageFiles:
    return PageFiles(FOLDER)


@pytest.fixture(scope="module")
def page(files: PageFiles) -> Page:
    return Page(files.index().content.decode())


def test_nothing_on_the_page_is_inline(page: Page) -> None:
    assert page.inline == []


def test_the_page_loads_only_files_that_are_there_and_by_version(files: PageFiles, page: Page) -> None:
    assert page.loads
    for path in page.loads:
        assert path.startswith("/web/")
        assert files.present(path.removeprefix("/web/")), path


def test_the_page_announces_every_module_and_links_every_stylesheet(files: PageFiles, page: Page) -> None:
    here = {path.removeprefix(f"/web/{files.version}/") for path in page.loads}
    assert {path.relative_to(FOLDER).as_posix() for path in [*SCRIPTS, *STYLES]} <= here
    assert len(page.modules) == len(SCRIPTS)


def test_the_template_can_be_read_as_it_is() -> None:
    assert Page((FOLDER / "index.html").read_text()).inline == []


def test_all_of_the_folder_is_served(files: PageFiles) -> None:
    files.look()
    for path in (path for path in FOLDER.rglob("*") if path.is_file() and path.name != "index.html"):
        name = path.relative_to(FOLDER).as_posix()
        served = files.present(f"{files.version}/{name}")
        assert served, f"{name}: of no type that server/page_files.py knows"
        assert served.content == path.read_bytes()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.relative_to(FOLDER).as_posix())
def test_scripts_import_only_what_is_there(script: Path) -> None:
    for imported in IMPORT.findall(without_comments(script)):
        assert imported.startswith("."), f"{imported}: a browser does not know where that is"
        assert (script.parent / imported).is_file(), imported
        assert FOLDER in (script.parent / imported).resolve().parents, imported


@pytest.mark.parametrize("script", OURS, ids=lambda script: script.relative_to(FOLDER).as_posix())
@pytest.mark.parametrize("forbidden", [MARKUP, CODE, INLINE_STYLE], ids=["markup", "code", "style"])
def test_scripts_make_text_only_text(script: Path, forbidden: re.Pattern[str]) -> None:
    """For names and titles come from people. And what the content policy forbids would fail silently."""
    assert forbidden.findall(without_comments(script)) == []


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_styles_load_only_what_is_there(style: Path) -> None:
    text = style.read_text()
    assert "@import" not in text
    for path in re.findall(r"url\([\"']?([^\"')]+)[\"']?\)", text):
        assert path.startswith("data:") or (style.parent / path).is_file(), path


@pytest.mark.parametrize("folder", ["fonts", "vendor"])
def test_what_is_not_ours_has_its_licence_beside_it(folder: str) -> None:
    assert (FOLDER / folder / LICENCE).stat().st_size > 500
    assert len(list((FOLDER / folder).iterdir())) > 1


class TestHolding:
    """A folder of files, as it is edited."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "app").mkdir()
        (tmp_path / "index.html").write_text('<!-- MODULES -->\n<script src="/web/VERSION/app/main.js">')
        (tmp_path / "app/main.js").write_text("export const answer = 42;\n" * 100)
        return tmp_path

    def test_any_change_makes_another_version(self, folder: Path) -> None:
        files, main = PageFiles(folder), folder / "app/main.js"
        versions = [version(files)]
        main.write_text("1")
        versions.append(version(files))
        (folder / "app/other.js").write_text("2")
        versions.append(version(files))
        (folder / "app/other.js").rename(folder / "app/another.js")
        versions.append(version(files))
        (folder / "app/another.js").unlink()
        versions.append(version(files))
        assert len(set(versions)) == 4
        assert versions[4] == versions[1]  # the same files: the same version, on every server

    def test_the_template_is_no_file_and_its_change_is_no_new_version(self, folder: Path) -> None:
        files = PageFiles(folder)
        before = version(files)
        (folder / "index.html").write_text("<p>another")
        assert (files.index().content, version(files)) == (b"<p>another", before)
        assert files.latest("index.html") is None

    def test_modules_are_found_and_announced(self, folder: Path) -> None:
        files = PageFiles(folder)
        (folder / "vendor").mkdir()
        (folder / "vendor/a.js").write_text("")
        page = Page(files.index().content.decode())
        assert page.modules == [f"/web/{files.version}/{name}" for name in ("app/main.js", "vendor/a.js")]

    def test_a_version_is_only_itself(self, folder: Path) -> None:
        files = PageFiles(folder)
        old = version(files)
        (folder / "app/main.js").write_text("new")
        new = version(files)
        assert files.present(f"{old}/app/main.js") is None
        assert files.present("app/main.js") is None
        for path in (f"{old}/app/main.js", f"{new}/app/main.js", "app/main.js"):
            found = files.latest(path)
            assert found
            assert found.content == b"new"

    def test_a_present_file_is_answered_without_a_look_at_the_disk(self, folder: Path) -> None:
        files = PageFiles(folder)
        path = f"{version(files)}/app/main.js"
        (folder / "app/main.js").unlink()
        assert files.present(path)

    def test_one_look_is_enough_for_all_who_come_together(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files, now = PageFiles(folder, look_every=1.0), 100.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        before = version(files)
        (folder / "app/main.js").write_text("new")
        assert version(files) == before
        now += 1.0
        assert version(files) != before

    def test_what_is_smaller_zipped_is_held_zipped(self, folder: Path) -> None:
        (folder / "app/tiny.js").write_text("1")
        files = PageFiles(folder)
        main, tiny = files.latest("app/main.js"), files.latest("app/tiny.js")
        assert main
        assert main.zipped
        assert gzip.decompress(main.zipped) == main.content
        assert tiny
        assert tiny.zipped is None

    def test_what_editors_leave_is_no_part_of_it(self, folder: Path) -> None:
        before = version(PageFiles(folder))
        for name in (".main.js.swp", ".#main.js", "main.js~", "4913"):
            (folder / "app" / name).write_text("x")
        assert version(PageFiles(folder)) == before

    def test_a_file_that_vanishes_while_it_is_read_leaves_all_as_it_was(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = PageFiles(folder)
        before = version(files)
        (folder / "app/brief.js").write_text("x")
        with monkeypatch.context() as patched:
            read = Path.read_bytes
            patched.setattr(Path, "read_bytes", lambda path: read(path.with_name(path.name.replace("brief", "gone"))))
            assert version(files) == before
        assert version(files) != before

    def test_without_files_there_is_no_page(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            PageFiles(tmp_path).look()

    def test_an_edit_that_keeps_the_size_is_seen(self, folder: Path) -> None:
        files, main = PageFiles(folder), folder / "app/main.js"
        before = version(files)
        main.write_text(main.read_text().replace("42", "43"))
        os.utime(main, (1, 1))
        assert version(files) != before


def version(files: PageFiles) -> str:
    files.look()
    return files.version


def without_comments(script: Path) -> str:
    return COMMENT.sub("", script.read_text())
