-- Did this raid meet both targets at that entry? What was voided after it does not count against it.
-- Params: $1 raid id, $2 epoch, $3 seq
SELECT r.current_xp + coalesce(later.xp, 0) >= r.target_xp
       AND r.current_tasks + later.tasks >= r.target_tasks AS met
FROM raids AS r,
     (SELECT sum(xp) AS xp, count(*) AS tasks FROM contribution_voids
      WHERE raid_id = $1 AND folded AND (epoch, seq) > ($2, $3)) AS later
WHERE r.id = $1
