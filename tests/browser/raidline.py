"""The Raidline that the browser looks at: real processes, which can go away and come back at the same address."""

import httpx

from tests.conftest import Launch
from tests.helpers import Launched, free_port
from tests.server.people import People


class Raidline:
    """`raidline serve` and a worker. The database and the Redis are the test's and outlive both."""

    def __init__(self, launch: Launch, client: httpx.AsyncClient, port: int) -> None:
        self._launch = launch
        self._port = port
        self.people = People(client)
        self.server: Launched
        """To `stop`, `kill`, `pause`, `resume`; `start` brings it back."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self, **settings: str) -> None:
        """At the address it had; settings as of `launch`, for this time."""
        self.server = await self._launch(port=self._port, **settings)

    async def restart(self, **settings: str) -> None:
        await self.server.stop()
        await self.start(**settings)


async def open_raidline(launch: Launch, client: httpx.AsyncClient) -> Raidline:
    raidline = Raidline(launch, client, free_port())
    client.base_url = httpx.URL(raidline.url)
    await raidline.start()
    await launch("worker")
    return raidline
