"""What a real PostgreSQL and a real Redis have in common as child processes of ours."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from server.embedded.child import Child
from server.embedded.errors import EmbeddedError
from server.embedded.sockets import make_socket_folder, remove_socket_folder
from server.embedded.user import ServiceUser, make_own_folder, require_within_reach, service_user

START_DEADLINE = 60.0
"""Enough to read a large log after a power cut; a clean start takes a quarter second."""


class Service(ABC):
    """No port, one socket in a closed folder, its data in `folder`. Runs as long as a block, or from start to stop."""

    name: ClassVar[str]

    stop_steps: ClassVar[tuple[tuple[int, float], ...]]
    """Signals that end it, each with the seconds until the next. The first ends it in good order."""

    def __init__(self, folder: Path, store: Path | None) -> None:
        """`store` is where programs are copied when they must be."""
        self.folder = folder
        self._store = store or folder.parent / "programs"
        self._child: Child | None = None
        self._socket_folder: Path | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.stop()

    @property
    def data(self) -> Path:
        """Where its files are."""
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        if self._socket_folder is None:
            raise self._not_started()
        return self._socket_folder

    @property
    def pid(self) -> int:
        return self._running_child().pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self) -> None:
        """Its data read and ready for use when this returns. Cleans up if it fails."""
        user = service_user()
        require_within_reach(make_own_folder(self.folder, user), user)
        signal, patience = self.stop_steps[0]
        child = Child(self.name, self.folder, user, signal)
        await child.clear_leftover(signal, patience)
        program = await self._prepare(child, user)
        self._socket_folder = make_socket_folder(self.folder, user)
        self._child = child
        try:
            await self._start_until_ready(child, [str(program), *self._arguments()])
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it in good order; nothing happens when it does not run."""
        if self._child is not None:
            self._child.resume()
            await self._child.stop(*self.stop_steps)
            self._child = None
        if self._socket_folder is not None:
            remove_socket_folder(self._socket_folder)

    async def kill(self) -> None:
        """As a power cut would: kill -9 for all its processes. `start` goes on from what had been written."""
        await self._running_child().kill()

    def pause(self) -> None:
        """Every process of it stands still: connections stay open and nothing answers."""
        self._running_child().pause()

    def resume(self) -> None:
        self._running_child().resume()

    @abstractmethod
    async def _prepare(self, child: Child, user: ServiceUser | None) -> Path:
        """Have its data in place, and give the program that is to run."""

    @abstractmethod
    def _arguments(self) -> list[str]:
        """Its sockets have their folder already."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether it can be used."""

    def _may_pass(self, last_words: str) -> bool:
        """Whether it may start the next time, after it ended with these."""
        return False

    async def _start_until_ready(self, child: Child, command: list[str]) -> None:
        try:
            async with asyncio.timeout(START_DEADLINE):
                child.start(command)
                while not await self._answers():
                    if not child.running:
                        self._start_again(child, command)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            message = f"{self.name} did not start in {START_DEADLINE:.0f} s: {child.last_words()}"
            raise EmbeddedError(message) from None

    def _start_again(self, child: Child, command: list[str]) -> None:
        last_words = child.last_words()
        if not self._may_pass(last_words):
            raise EmbeddedError(f"{self.name} did not start: {last_words}")
        child.start(command)

    def _running_child(self) -> Child:
        if self._child is None:
            raise self._not_started()
        return self._child

    def _not_started(self) -> RuntimeError:
        return RuntimeError(f"{self.name} was not started")
