"""The SQL files are one statement each and say what they are for."""

import re
from pathlib import Path

import pytest

import persistence
from persistence.statements import statement

FOLDER = Path(persistence.__file__).parent
FILES = sorted((FOLDER / "sql").glob("*.sql"))
CODE = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_statement_opens_with_its_contract_and_names_its_parameters(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert lines[0].startswith("-- ")
    header = "\n".join(line for line in lines if line.startswith("--"))
    used = set(re.findall(r"\$\d+", statement(file.stem)))
    assert used <= set(re.findall(r"\$\d+", header)), "a parameter its header does not name"
    assert not statement(file.stem).endswith(";")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_statement_is_used(file: Path) -> None:
    assert f'"{file.stem}"' in CODE


def test_the_opening_comment_is_left_out() -> None:
    assert statement("raid_exists") == "SELECT EXISTS (SELECT FROM raids WHERE id = $1)"
