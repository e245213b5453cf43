-- Say which month partitions_make.sql is to make, within this transaction: DO takes no parameters.
-- Params: $1 the month's first day as text
SELECT set_config('raidline.month', $1, true)
