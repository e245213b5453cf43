"""People who call the API, each with a session, and the raids they make."""

import itertools
from dataclasses import dataclass
from typing import Any

import httpx

from tests.helpers import ADMIN_TOKEN

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Person:
    client: httpx.AsyncClient
    id: int
    token: str
    name: str

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        authorization = {"Authorization": f"Bearer {self.token}"}
        return await self.client.request(method, "/api/v1" + path, json=body, headers={**authorization, **sent})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.call("POST", path, body, **headers)

    async def makes_raid(self, **fields: Any) -> dict[str, Any]:
        body = {"title": "Spring cleaning", "targetXp": 100, "targetTasks": 3, **fields}
        answer = await self.post("/raids", body)
        assert answer.status_code == 201, answer.text
        raid: dict[str, Any] = answer.json()
        return raid

    async def starts_raid(self, *members: "Person", **fields: Any) -> dict[str, Any]:
        """A raid of this person's, joined by those members, and active."""
        raid = await self.makes_raid(**fields)
        for member in members:
            assert (await member.post("/raids/join", {"inviteCode": raid["inviteCode"]})).status_code == 200
        answer = await self.post(f"/raids/{raid['id']}/start")
        assert answer.status_code == 200, answer.text
        started: dict[str, Any] = answer.json()
        return started


class People:
    """Who has the same name in the same `realm` is the same person."""

    def __init__(self, client: httpx.AsyncClient, realm: str = "") -> None:
        self.client = client
        self.realm = realm

    @property
    def admin(self) -> Person:
        return Person(self.client, 0, ADMIN_TOKEN, "admin")

    async def person(self, name: str = "", tz: str = "UTC", scopes: tuple[str, ...] = ()) -> Person:
        """A session for somebody new, as a backend would have it made."""
        name = name or f"person-{next(_numbers)}"
        body = {"provider": "tests", "subject": self.realm + name, "name": name, "tz": tz, "scopes": list(scopes)}
        answer = await self.admin.post("/admin/sessions", body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Person(self.client, made["user"]["id"], made["token"], name)

    def with_token(self, person: Person) -> Person:
        """The same person at this server."""
        return Person(self.client, person.id, person.token, person.name)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and problem code, after a look at the problem's form."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert problem.keys() >= {"type", "title", "status", "detail", "code", "requestId"}
    assert problem["status"] == answer.status_code
    assert problem["requestId"] == answer.headers["x-request-id"]
    return answer.status_code, problem["code"]
