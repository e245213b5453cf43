"""What the README says works as pasted."""

import asyncio
import re
import shutil

import pytest

from tests.conftest import Launch
from tests.helpers import REPOSITORY

SESSION = "## A raid by hand"

SEEN = ["hello", "snapshot", "contribution", "contribution", "raid_complete"]

TIMES = 3
"""It gives a stream one second to open and five to tell all: who is too slow for that pastes it again."""


def pasted(url: str) -> str:
    text = (REPOSITORY / "README.md").read_text().partition(SESSION)[2]
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return block[1].replace("http://127.0.0.1:8000", url)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
async def test_the_raid_by_hand(launch: Launch) -> None:
    """It ends with the raid complete, its repeat counted once, and all of it seen on the stream."""
    server = await launch()
    seen: list[list[str]] = []
    for _ in range(TIMES):
        output = await said(pasted(server.url))
        assert output.count('"outcome":"accepted"') == 2
        assert output.count('"outcome":"duplicate"') == 1
        events = re.findall(r"^event: (\w+)\r?$", output, re.MULTILINE)
        seen.append([event for event in events if event not in ("sync", "presence")])
        if seen[-1] == SEEN:
            return
    raise AssertionError(seen)


async def said(script: str) -> str:
    """What it prints, which is no complaint."""
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-c", "TOKEN=; " + script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = (part.decode() for part in await asyncio.wait_for(shell.communicate(), 120))
    assert errors == ""
    return output
