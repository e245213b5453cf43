"""What people have of an achievement that was deleted, in pages where it is much."""

from persistence.jobs import Job, Step
from persistence.pool import Connection
from persistence.statements import statement

ERASE = "erase"
PEOPLE_PER_PAGE = 5000


async def erase_page(held: Connection, job: Job) -> Step:
    rows = await held.fetch(statement("progress_erase"), job.params["achievementId"], job.place, PEOPLE_PER_PAGE)
    people, last = rows[0]["people"], rows[0]["last"]
    result = {"users": job.result.get("users", 0) + people}
    return Step(last or job.place, result, people < PEOPLE_PER_PAGE)
