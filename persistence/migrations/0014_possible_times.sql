-- A day or a time that no calendar can show would fail whoever reads it, with the whole batch it is in. Refused here it
-- is bad data, which goes into quarantine alone.

ALTER TABLE contributions
    ADD CONSTRAINT contributions_times_are_possible CHECK (
        day BETWEEN '1900-01-01' AND '2999-12-31'
        AND occurred_at BETWEEN '1900-01-01 00:00:00+00' AND '3000-01-01 00:00:00+00'
        AND created_at BETWEEN '1970-01-01 00:00:00+00' AND '3000-01-01 00:00:00+00');
ALTER TABLE contribution_voids
    ADD CONSTRAINT contribution_voids_times_are_possible CHECK (
        day BETWEEN '1900-01-01' AND '2999-12-31'
        AND voided_at BETWEEN '1970-01-01 00:00:00+00' AND '3000-01-01 00:00:00+00');

-- Jobs take turns: the one that waited longest is found without sorting all that wait.
DROP INDEX jobs_open;
CREATE INDEX jobs_open ON jobs (updated_at, id) WHERE state IN ('waiting', 'running');
