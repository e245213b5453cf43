-- How many people there are, from the tallies.
SELECT coalesce(sum(people), 0)::bigint FROM people_tallies
