"""What the README says works as pasted."""

import asyncio
import re
import shutil

import pytest

from tests.conftest import Launch
from tests.helpers import REPOSITORY

SESSION = "## A raid by hand"


def pasted(url: str) -> str:
    text = (REPOSITORY / "README.md").read_text().partition(SESSION)[2]
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return block[1].replace("http://127.0.0.1:8000", url)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
async def test_the_raid_by_hand(launch: Launch) -> None:
    """It ends with the raid complete, its repeat counted once, and all of it seen on the stream."""
    server = await launch()
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-c", "TOKEN=; " + pasted(server.url)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = (part.decode() for part in await asyncio.wait_for(shell.communicate(), 30))
    assert errors == ""
    assert output.count('"outcome":"accepted"') == 2
    assert output.count('"outcome":"duplicate"') == 1
    events = re.findall(r"^event: (\w+)\r?$", output, re.MULTILINE)
    assert [event for event in events if event not in ("sync", "presence")] == [
        "hello",
        "snapshot",
        "contribution",
        "contribution",
        "raid_complete",
    ]
