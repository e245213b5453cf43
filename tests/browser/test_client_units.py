"""The client's parts by themselves, in Node: each file of tests is a case here."""

import subprocess
from pathlib import Path

import pytest

from tests.browser import node

FOLDER = Path(__file__).parent / "client"


@pytest.fixture
def node_path() -> str:
    return node.executable() or pytest.skip(node.HOW_TO_GET_IT)


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_of(name: str, node_path: str) -> None:
    command = [node_path, "--no-warnings", "--test", "--test-reporter=tap", name]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=280, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# pass 0" not in run.stdout, "no test was found"
