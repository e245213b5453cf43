-- Add up the tallies of people. Two at once are harmless: only what was deleted is added up.
WITH gone AS (
    DELETE FROM people_tallies WHERE (SELECT count(*) FROM people_tallies) > 1 RETURNING people
)
INSERT INTO people_tallies SELECT sum(people) FROM gone HAVING count(*) > 0
