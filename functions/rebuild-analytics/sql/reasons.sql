-- Per project: how many deactivations gave which reason since @active_since, those of copies apart.
WITH site_days AS (
  ${chart_site_days}
)
SELECT project_hash, reason_id, COUNT(*) AS deactivations
FROM (
  ${departures since @active_since}
) AS departures
GROUP BY project_hash, reason_id
ORDER BY project_hash, deactivations DESC, reason_id
