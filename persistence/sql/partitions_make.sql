-- Make the partition of one month and move its rows there from the default partition.
-- The default is locked first, so that no row can slip in between the move and the attaching; the
-- parent is not, so that writers of other months go on.
-- Params: none; the month comes from partitions_month.sql
DO $make$
DECLARE
    first date := current_setting('raidline.month');
    bottom timestamptz := first::timestamp AT TIME ZONE 'UTC';
    top timestamptz := (first + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    part text := 'contributions_' || to_char(first, 'YYYY_MM');
BEGIN
    LOCK TABLE contributions_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE contributions INCLUDING ALL)', part);
    EXECUTE format(
        'WITH moved AS (DELETE FROM contributions_default WHERE created_at >= %L AND created_at < %L RETURNING *)'
        ' INSERT INTO %I SELECT * FROM moved', bottom, top, part);
    EXECUTE format(
        'ALTER TABLE contributions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, bottom, top);
END
$make$
