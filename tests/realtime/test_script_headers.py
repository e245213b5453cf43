"""Each script's header is its contract: what the code takes and says has to stand there."""

import re
from pathlib import Path

import pytest

import realtime
from realtime import keys
from realtime.scripts import script

FOLDER = Path(realtime.__file__).parent / "lua"
SCRIPTS = sorted(FOLDER.glob("*.lua"))
INCLUDES = sorted((FOLDER / "includes").glob("*.lua"))
README = (FOLDER / "README.md").read_text("utf-8")
COMMON = "KEYS, ARGV, reply: README.md"

# Replies that every command shares stand in README.md.
SHARED_OUTCOMES = {"missing", "suspect", "backlog"}

by_name = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def header_of(path: Path) -> str:
    """The comment a file begins with."""
    lines = path.read_text("utf-8").splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[:end])


def code_of(path: Path) -> str:
    """Without comments."""
    return re.sub(r"--.*", "", path.read_text("utf-8"))


def indexed(table: str, code: str) -> set[int]:
    return {int(number) for number in re.findall(rf"\b{table}\[(\d+)\]", code)}


def documented(table: str, header: str) -> set[int]:
    """The numbers in the header's block that begins with the table's name; `1..10` stands for all ten."""
    block = re.search(rf"^--\s*{table}\s+(.*?)(?=^--\s*$|^--\s*(?:ARGV|Returns)\b|\Z)", header, re.M | re.S)
    if block is None:
        return set()
    found: set[int] = set()
    for first, last in re.findall(r"(?:^|\s{2,}|--\s+)(\d+)(?:\.\.(\d+))?(?=\s)", "  " + block[1] + " "):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def outcomes_in(code: str) -> set[str]:
    """Words that are replied or returned as a refusal, in all the ways in which scripts write them."""
    replied = re.findall(r"\breply\(raid,\s*'(\w+)'", code)
    chosen = re.findall(r"\breply\(raid,\s*\w+ and '(\w+)' or '(\w+)'", code)
    returned = re.findall(r"\breturn (?:\{\s*)?'(\w+)'", code)
    conditional = re.findall(r"\band '([a-z]\w+)' or (?:'(\w+)'|nil)", code)
    answered = re.findall(r"\banswer\('(\w+)'", code)
    set_in_place = re.findall(r"\[1\] = '(\w+)'", code)
    pairs = {word for pair in [*chosen, *conditional] for word in pair if word}
    return {*replied, *returned, *answered, *set_in_place} | pairs


def included_code(path: Path) -> str:
    names = re.findall(r"^-- include: (\w+)$", path.read_text("utf-8"), re.M)
    return "\n".join(code_of(FOLDER / "includes" / f"{name}.lua") for name in names)


@by_name
def test_every_key_and_argument_that_is_used_is_documented(path: Path) -> None:
    header, code = header_of(path), code_of(path)
    if COMMON in header:
        assert "name_keys(KEYS)" in code
        assert indexed("ARGV", code) <= {1, 2, 3, 4}
        return
    assert indexed("KEYS", code) <= documented("KEYS", header)
    assert indexed("ARGV", code) <= documented("ARGV", header)


@by_name
def test_every_argument_that_is_documented_is_used(path: Path) -> None:
    header, code = header_of(path), code_of(path)
    expected = {1, 2, 3, 4} if COMMON in header else documented("ARGV", header)

    assert indexed("ARGV", code) == expected


@by_name
def test_every_outcome_is_named_in_the_header(path: Path) -> None:
    header, code = header_of(path), code_of(path)
    if re.search(r"\b(?:leader_only|open_for)\(", code):
        code += included_code(path)
    unnamed = {word for word in outcomes_in(code) if not re.search(rf"\b{word}\b", header)}

    assert unnamed - (SHARED_OUTCOMES if COMMON in header else set()) == set()


@pytest.mark.parametrize("path", INCLUDES, ids=lambda path: path.stem)
def test_includes_touch_neither_keys_nor_arguments(path: Path) -> None:
    assert re.findall(r"\b(?:KEYS|ARGV)\b", code_of(path)) == []


@pytest.mark.parametrize("path", [*SCRIPTS, *INCLUDES], ids=lambda path: path.stem)
def test_every_script_begins_with_what_it_promises(path: Path) -> None:
    assert len(header_of(path)) > 40


def test_the_shared_outcomes_stand_in_the_readme() -> None:
    assert {word for word in SHARED_OUTCOMES if f"`{word}`" not in README} == set()


def test_the_readme_names_the_keys_in_their_order() -> None:
    listed = re.search(r"^ +1 state.*$", README, re.M)

    assert listed is not None
    assert tuple(re.findall(r"[a-z_]+", listed[0])) == keys.PARTS


@by_name
def test_every_script_can_be_put_together(path: Path) -> None:
    source = script(path.stem).source

    assert re.findall(r"^-- include: .*$", source, re.M) == []
    assert len(script(path.stem).sha) == 40


def test_an_include_is_put_in_once_where_it_is_first_asked_for() -> None:
    source = script("contribute").source

    for function in ("open_raid", "now_ms", "find_contribution", "end_raid"):
        assert source.count(f"local function {function}(") == 1


def test_there_is_no_script_without_a_file() -> None:
    with pytest.raises(FileNotFoundError):
        script("conjure")


def test_all_outcomes_of_a_script_are_found() -> None:
    assert outcomes_in(code_of(FOLDER / "void.lua")) == {
        "done", "already", "unknown_key", "not_found", "unknown_contribution", "raid_not_active", "raid_ended",
        "not_allowed", "void_window_closed",
    }  # fmt: skip


@pytest.mark.parametrize("planted", ["return reply(raid, 'invented')", "return 'invented'", "return { 'invented' }"])
def test_an_outcome_that_is_not_named_would_be_found(planted: str) -> None:
    assert "invented" in outcomes_in(planted)
