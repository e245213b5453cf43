"""`raidline token`: a session for a user, from a running server."""

from typing import Any

import httpx

from server.settings import Settings, SettingsError


def make_token(settings: Settings, url: str, identity: dict[str, Any]) -> str:
    """The token of a new session. Raises SettingsError when the server does not give one."""
    if settings.admin_token is None:
        raise SettingsError("RAIDLINE_ADMIN_TOKEN: is not set")
    authorization = {"Authorization": f"Bearer {settings.admin_token.get_secret_value()}"}
    try:
        answer = httpx.post(f"{url.rstrip('/')}/api/v1/admin/sessions", json=identity, headers=authorization)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SettingsError(f"--url {url}: {error}") from None
    if answer.status_code in (401, 403):
        raise SettingsError("RAIDLINE_ADMIN_TOKEN: is not the admin token of that server")
    if not answer.is_success:
        raise SettingsError(f"--url {url}: {_problem(answer)}")
    return str(answer.json()["token"])


def _problem(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"answered {answer.status_code}"
