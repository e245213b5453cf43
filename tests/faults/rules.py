"""Taking a rule out, to see that a test of it is one.

Every test of a rule runs twice: with the rule, where the invariant has to hold, and without, where it has to break.
"""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from persistence.statements import statement
from realtime import scripts


class Rule:
    def __init__(self, taken_out: bool, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._taken_out = taken_out
        self._monkeypatch = monkeypatch
        self._folder = folder

    def in_lua(self, name: str, text: str, without: str = "") -> None:
        """The rule stands in `lua/<name>.lua`, as this text."""
        if not self._taken_out:
            return
        copy = self._folder / "lua"
        if not copy.exists():
            shutil.copytree(scripts._FOLDER, copy)
            self._monkeypatch.setattr(scripts, "_FOLDER", copy)
        file = copy / f"{name}.lua"
        file.write_text(_replaced(file.read_text(), text, without))
        scripts.script.cache_clear()

    def in_sql(self, module: ModuleType, name: str, text: str, without: str = "") -> None:
        """The rule stands in `sql/<name>.sql`, as this text, and `module` sends that."""
        if self._taken_out:
            changed = _replaced(statement(name), text, without)

            def statements(asked: str) -> str:
                return changed if asked == name else statement(asked)

            self._monkeypatch.setattr(module, "statement", statements)

    def in_python(self, place: ModuleType, name: str, without: Callable[..., Any]) -> None:
        """The rule is what this function of a module does; `without` gets it as its first argument."""
        if self._taken_out:
            self._monkeypatch.setattr(place, name, functools.partial(without, getattr(place, name)))

    def in_method(self, owner: type, name: str, without: Callable[..., Any]) -> None:
        """The same for a method; the object comes after it."""
        if self._taken_out:
            original = getattr(owner, name)

            def method(*arguments: Any) -> Any:
                return without(original, *arguments)

            self._monkeypatch.setattr(owner, name, method)

    def holds(self, invariant: bool) -> None:
        if self._taken_out:
            assert not invariant, "the invariant holds without the rule, so this is no test of it"
        else:
            assert invariant


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"the rule does not stand there as {old!r}"
    return text.replace(old, new)
