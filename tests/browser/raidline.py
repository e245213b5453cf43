"""The Raidline that the browser looks at: a real process, which can go away and come back at the same address."""

from uuid import uuid4

import httpx

from server.embedded import ServiceUrls
from tests.conftest import Launch
from tests.end_to_end.client import PATIENT
from tests.helpers import Launched, free_port
from tests.server.people import People


class Raidline:
    """`raidline up`, whose worker is in the server's process. The database and the Redis outlive it."""

    def __init__(self, launch: Launch, client: httpx.AsyncClient, services: ServiceUrls) -> None:
        self._launch = launch
        self._port = free_port()
        self.services = services
        self.people = People(client)
        self.server: Launched
        """To `stop`, `kill`, `pause`, `resume`; `start` brings it back."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def with_new_people(self) -> "Raidline":
        """Whoever comes from now on is nobody who came before, also under the same name."""
        self.people = People(self.people.client, realm=f"{uuid4()} ")
        return self

    async def start(self, **settings: str) -> None:
        """At the address it had; settings as of `launch`, for this time."""
        self.server = await self._launch("up", "--no-demo", port=self._port, **{**PATIENT, **settings})

    async def restart(self, **settings: str) -> None:
        await self.server.stop()
        await self.start(**settings)


async def open_raidline(launch: Launch, client: httpx.AsyncClient, services: ServiceUrls) -> Raidline:
    raidline = Raidline(launch, client, services)
    client.base_url = httpx.URL(raidline.url)
    await raidline.start()
    return raidline
