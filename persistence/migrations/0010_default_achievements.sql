-- The achievements a new Raidline begins with. They can be edited and deleted like any.

INSERT INTO achievements
    (name, description, category, group_name, tier, metric, threshold, reward_xp, reward_credits, icon, position,
     complete_since)
SELECT name, description, category, group_name, tier, metric, threshold, reward_xp, reward_credits, icon, position,
       '-infinity'
FROM (VALUES
    ('Week of fire',     'A streak of 7 days',            'streaks', 'streak',          'bronze', 'streak_days',       7,   50,  10, '🔥', 10),
    ('Month of fire',    'A streak of 30 days',           'streaks', 'streak',          'silver', 'streak_days',      30,  200,  50, '🔥', 11),
    ('Eternal flame',    'A streak of 120 days',          'streaks', 'streak',          'gold',   'streak_days',     120, 1000, 250, '🔥', 12),
    ('Warmed up',        '10 tasks done',                 'tasks',   'tasks',           'bronze', 'tasks_total',      10,   50,  10, '✅', 20),
    ('Reliable',         '100 tasks done',                'tasks',   'tasks',           'silver', 'tasks_total',     100,  200,  50, '✅', 21),
    ('Unstoppable',      '1,000 tasks done',              'tasks',   'tasks',           'gold',   'tasks_total',    1000, 1000, 250, '✅', 22),
    ('Spark',            '1,000 XP gathered',             'xp',      'xp',              'bronze', 'xp_total',       1000,   50,  10, '⚡', 30),
    ('Current',          '10,000 XP gathered',            'xp',      'xp',              'silver', 'xp_total',      10000,  200,  50, '⚡', 31),
    ('Thunderstorm',     '100,000 XP gathered',           'xp',      'xp',              'gold',   'xp_total',     100000, 1000, 250, '⚡', 32),
    ('First victory',    'A raid completed',              'raids',   'raids_completed', 'bronze', 'raids_completed',   1,   50,  10, '🏆', 40),
    ('Veteran',          '10 raids completed',            'raids',   'raids_completed', 'silver', 'raids_completed',  10,  200,  50, '🏆', 41),
    ('Legend',           '50 raids completed',            'raids',   'raids_completed', 'gold',   'raids_completed',  50, 1000, 250, '🏆', 42),
    ('Captain',          'A raid led to completion',      'raids',   'raids_led',       'bronze', 'raids_led',         1,   50,  10, '🚩', 50),
    ('Commander',        '5 raids led to completion',     'raids',   'raids_led',       'silver', 'raids_led',         5,  200,  50, '🚩', 51),
    ('Warlord',          '25 raids led to completion',    'raids',   'raids_led',       'gold',   'raids_led',        25, 1000, 250, '🚩', 52),
    ('Present',          '7 check-ins',                   'checkins', 'checkins',       'bronze', 'checkins_total',    7,   50,  10, '📍', 60),
    ('Always there',     '30 check-ins',                  'checkins', 'checkins',       'silver', 'checkins_total',   30,  200,  50, '📍', 61),
    ('Part of the house', '120 check-ins',                'checkins', 'checkins',       'gold',   'checkins_total',  120, 1000, 250, '📍', 62),
    ('Ten good days',    'Active on 10 days',             'days',    'active_days',     'bronze', 'active_days',      10,   50,  10, '📅', 70),
    ('Hundred good days', 'Active on 100 days',           'days',    'active_days',     'silver', 'active_days',     100,  200,  50, '📅', 71),
    ('A year of days',   'Active on 365 days',            'days',    'active_days',     'gold',   'active_days',     365, 1000, 250, '📅', 72)
) AS given (name, description, category, group_name, tier, metric, threshold, reward_xp, reward_credits, icon, position)
ORDER BY position;
