"""The client's types, as it documents them, hold in TypeScript's strict mode."""

import subprocess
from pathlib import Path

import pytest

from tests.browser import node

FOLDER = Path(__file__).parent
TSC = FOLDER / "node_modules" / "typescript" / "bin" / "tsc"


def test_the_client_is_what_it_says_it_is() -> None:
    if not TSC.exists():
        pytest.skip("TypeScript is not installed: npm ci --prefix tests/browser")
    node_path = node.executable() or pytest.skip(node.HOW_TO_GET_IT)
    command = [node_path, str(TSC), "--project", str(FOLDER / "tsconfig.json")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout
