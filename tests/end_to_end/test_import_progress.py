"""A log comes in, in whatever way: everybody has what the file says of them, and nothing else."""

from pathlib import Path

import pytest

from loadtests.figures import from_database, from_files
from loadtests.import_ways import WAYS, Importer
from tests.helpers import REPOSITORY

LOG = REPOSITORY / "tests" / "data" / "activity-small.csv.gz"


def test_the_figures_of_the_file_are_those_counted_by_other_means() -> None:
    figures = from_files([LOG])
    assert (figures.contributions, figures.xp, len(figures.people)) == (1499, 2618, 269)
    assert figures.longest() == [(10, 1155), (8, 237), (7, 635), (6, 979), (5, 414)]
    assert [figures.reach(days) for days in (7, 30, 120)] == [3, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_everybody_has_what_the_file_says(database_url: str, redis_url: str, tmp_path: Path, way: str) -> None:
    importer = Importer(database_url, redis_url, tmp_path)
    files = await WAYS[way](importer, LOG)
    await importer.settles()
    assert from_files(files).unlike(await from_database(database_url)) == []
    assert await importer.audits() == ""
