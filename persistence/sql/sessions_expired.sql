-- Forget sessions that have run out.
DELETE FROM sessions WHERE expires_at < now()
