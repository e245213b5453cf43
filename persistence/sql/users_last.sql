-- The newest person: whoever comes later is not for a job made now.
SELECT max(id) FROM users
