"""The verifier of this folder notices what it is there for."""

import asyncpg
import pytest

from tests.faults import verify
from tests.faults.crowd import Crowd
from tests.faults.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

TAMPERING = {
    "lost": "DELETE FROM contributions WHERE contribution_id = $1",
    "not the same": "DELETE FROM contribution_keys WHERE contribution_id = $1",
    "twice": "INSERT INTO contributions SELECT * FROM contributions WHERE contribution_id = $1",
    "totals of raid": "UPDATE contributions SET xp = xp + 1 WHERE contribution_id = $1",
}


@pytest.mark.parametrize("noticed", TAMPERING)
async def test_what_was_tampered_with_is_noticed(stage: Stage, noticed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    web = await stage.web()
    async with Crowd(lambda: [web.url]) as crowd:
        people = [await crowd.person()]
        raids = [await crowd.raid(people)]
        posts = await crowd.contributions(raids[0], people, 3)
        stage.start("worker")
        await verify.verify(stage, crowd, raids, people[0])
        connection = await asyncpg.connect(stage.database_url)
        await connection.execute(TAMPERING[noticed], posts[0].contribution_id)
        await connection.close()
        monkeypatch.setattr(verify, "CAUGHT_UP_SECONDS", 0.2)
        with pytest.raises(AssertionError, match=noticed):
            await verify.verify(stage, crowd, raids, people[0])
