"""Redis Clusters for the tests here: one for the session, and those of a test that breaks its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.cluster.node import cluster_program
from tests.cluster.nodes import Nodes, cluster_of
from tests.server.conftest import one_day as one_day
from tests.server.conftest import open_server as open_server
from tests.server.conftest import people as people
from tests.server.conftest import server as server

PATIENT_TIMEOUT_MS = 60_000
"""Where nobody takes over from anybody: a busy machine must not make it look as if somebody had died."""

OWN_TIMEOUT_MS = 3000
"""How long a node is silent until another takes over: as long as others must not stand still there."""


@pytest.fixture(scope="session")
def program() -> Path:
    return cluster_program()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_nodes(program: Path, services_root: Path) -> AsyncIterator[Nodes]:
    folder = services_root / "cluster"
    folder.mkdir()
    async with cluster_of(program, folder, timeout_ms=PATIENT_TIMEOUT_MS) as nodes:
        yield nodes


@pytest_asyncio.fixture
async def nodes(shared_nodes: Nodes) -> Nodes:
    """Three primaries, the session's, emptied."""
    await shared_nodes.empty()
    return shared_nodes


@pytest.fixture
def redis_url(nodes: Nodes) -> str:
    """In place of the one Redis: `settings` and `launch` are on the cluster."""
    return nodes.url


@pytest_asyncio.fixture
async def lonely_nodes(program: Path, service_folder: Path) -> AsyncIterator[Nodes]:
    """Three primaries of this test's own, and nobody to take over."""
    async with cluster_of(program, service_folder, timeout_ms=PATIENT_TIMEOUT_MS) as nodes:
        yield nodes


@pytest_asyncio.fixture
async def own_nodes(program: Path, service_folder: Path) -> AsyncIterator[Nodes]:
    """Three primaries of this test's own, each with a replica: they may be killed."""
    async with cluster_of(program, service_folder, replicas=3, timeout_ms=OWN_TIMEOUT_MS) as nodes:
        yield nodes
