"""`person-N`: sessions for the people of a log, made with the admin token, found again by identity."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.replay.client import Client
from server.replay.rows import ReplayError

PROVIDER = "replay"
SCOPES = ("backdate", "unlimited")

_ADMIN_SESSIONS = "/api/v1/admin/sessions"


@dataclass(frozen=True, slots=True)
class Person:
    user_id: int
    name: str
    token: str = ""
    """Empty where no session is needed, as the rows do not go over HTTP."""


def name_of(number: int) -> str:
    """The name, and the subject of the identity by which they are found again."""
    return f"person-{number}"


async def sign_in(
    client: Client,
    admin_token: str,
    number: int,
    *,
    provider: str = PROVIDER,
    scopes: Sequence[str] = SCOPES,
) -> Person:
    """A fresh session of person `number`. Raises ReplayError where the server makes none for us."""
    name = name_of(number)
    body = {"provider": provider, "subject": name, "name": name, "scopes": list(scopes)}
    answer = await client.post(_ADMIN_SESSIONS, admin_token, body)
    if answer.status in (401, 403, 404):
        raise ReplayError(f"RAIDLINE_ADMIN_TOKEN: the server does not take it ({answer.problem})")
    if not answer.ok:
        raise ReplayError(f"no session for {name}: {answer.problem}")
    return Person(int(answer.body["user"]["id"]), name, str(answer.body["token"]))
