"""People who contribute through several servers, and what they were told."""

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

import httpx

from raidline.ids import RaidId, UserId
from tests.helpers import ADMIN_TOKEN, eventually

PATIENCE_SECONDS = 2.5
"""How long somebody waits for one answer before they ask again, perhaps elsewhere."""

TRIES_SECONDS = 60.0
PAUSE_SECONDS = 0.05

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    id: UserId
    token: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]
    seconds: float

    @property
    def accepted(self) -> bool:
        return self.status in (200, 201, 202)


@dataclass(slots=True)
class Post:
    """One contribution by its key, and every answer there was to it. The last one counts."""

    raid_id: RaidId
    person: Person
    key: str
    xp: int
    answers: list[Answer] = field(default_factory=list)
    unavailable: list[float] = field(default_factory=list)
    """Seconds each 503 took."""

    @property
    def answer(self) -> Answer:
        return self.answers[-1]

    @property
    def durable(self) -> bool:
        return any(answer.status in (200, 201) for answer in self.answers)

    @property
    def contribution_id(self) -> str:
        return str(self.answer.body["contributionId"])


Route = Callable[[], Sequence[str]]
"""The servers to ask now, the preferred one first."""


class Crowd:
    """Remembers every answer. Whoever gets none, or a 503, asks again with the same key until there is one."""

    def __init__(self, route: Route, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.route = route
        self.posts: list[Post] = []
        self._client = httpx.AsyncClient(timeout=patience_seconds, limits=httpx.Limits(max_connections=None))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._client.aclose()

    async def person(self) -> Person:
        number = next(_numbers)
        name = f"person-{number}-{time.time_ns()}"
        body = {"provider": "tests", "subject": name, "name": name, "tz": "UTC", "scopes": []}
        made = (await self._until_done("/admin/sessions", ADMIN_TOKEN, body)).json()
        return Person(UserId(made["user"]["id"]), made["token"])

    async def raid(self, people: Sequence[Person], **fields: Any) -> RaidId:
        """An active raid of these people; the first leads."""
        body = {"title": "Spring cleaning", "targetXp": 0, "targetTasks": 1_000_000, "maxMembers": 100, **fields}
        made = (await self._until_done("/raids", people[0].token, body)).json()
        for person in people[1:]:
            await self._until_done("/raids/join", person.token, {"inviteCode": made["inviteCode"]})
        await self._until_done(f"/raids/{made['id']}/start", people[0].token)
        return RaidId(made["id"])

    async def _until_done(self, path: str, token: str, body: Any = None) -> httpx.Response:
        """Before the play begins: a server that cannot just now is asked again, as any client would."""
        return cast(httpx.Response, await eventually(lambda: self.call("POST", path, token, body), TRIES_SECONDS))

    async def call(self, method: str, path: str, token: str, body: Any = None) -> httpx.Response:
        """One request at the preferred server; it has to succeed, however long it takes."""
        answer = await self._client.request(
            method, f"{self.route()[0]}/api/v1{path}", json=body, headers=_bearer(token), timeout=TRIES_SECONDS
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    async def contribute(self, raid_id: RaidId, person: Person, *, xp: int = 1, tries: int | None = None) -> Post:
        """With a key of its own; at most so many times if `tries` says so."""
        post = self.post_of(raid_id, person, xp)
        await self.insist(post, tries=tries)
        return post

    def post_of(self, raid_id: RaidId, person: Person, xp: int = 1) -> Post:
        """With a key of its own, and yet to be sent."""
        post = Post(raid_id, person, f"key-{next(_numbers)}", xp)
        self.posts.append(post)
        return post

    def contributions(self, raid_id: RaidId, people: Sequence[Person], count: int) -> "asyncio.Task[list[Post]]":
        """Many at once, one after the other of these people."""
        each = itertools.islice(itertools.cycle(people), count)
        work = [self.contribute(raid_id, person, xp=1 + number % 7) for number, person in enumerate(each)]
        return asyncio.ensure_future(asyncio.gather(*work))

    async def insist(self, post: Post, *, tries: int | None = None) -> None:
        """Send it until it is answered."""
        end = time.monotonic() + TRIES_SECONDS
        for attempt in itertools.count():
            servers = self.route()
            if await self._send(post, servers[attempt % len(servers)]) or attempt + 1 == tries:
                return
            assert time.monotonic() < end, f"{post.key} got no answer"
            await asyncio.sleep(PAUSE_SECONDS)

    async def _send(self, post: Post, url: str) -> bool:
        headers = {**_bearer(post.person.token), "Idempotency-Key": post.key}
        began = time.monotonic()
        try:
            answer = await self._client.post(
                f"{url}/api/v1/raids/{post.raid_id}/contributions", json={"xp": post.xp}, headers=headers
            )
        except httpx.TransportError:
            return False
        seconds = time.monotonic() - began
        if answer.status_code == 503:
            post.unavailable.append(seconds)
            return False
        assert answer.status_code < 500, f"{answer.status_code}: {answer.text}"
        post.answers.append(Answer(answer.status_code, answer.json(), seconds))
        return True

    def answered(self, raid_ids: Collection[RaidId]) -> list[Post]:
        return [post for post in self.posts if post.raid_id in raid_ids and post.answers]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
