-- Per project and day: new installs, deactivations, and the sites that are active at the end of the day, copies apart.
WITH
  site_days AS (
    ${chart_site_days}
  ),
  active AS (
    SELECT project_hash, day, COUNT(*) AS active_sites, 0 AS installs, 0 AS deactivations
    FROM site_days
    WHERE is_active AND copy_of IS NULL
    GROUP BY project_hash, day
  ),
  installs AS (
    SELECT project_hash, day, 0 AS active_sites, COUNT(*) AS installs, 0 AS deactivations
    FROM (
      SELECT project_hash, day, copy_of
      FROM site_days
      WHERE TRUE
      QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY day) = 1
    ) AS firsts
    WHERE copy_of IS NULL
    GROUP BY project_hash, day
  ),
  deactivations AS (
    SELECT project_hash, day, 0 AS active_sites, 0 AS installs, COUNT(*) AS deactivations
    FROM (
      ${departures since @since}
    ) AS departures
    GROUP BY project_hash, day
  ),
  all_days AS (
    SELECT * FROM active UNION ALL SELECT * FROM installs UNION ALL SELECT * FROM deactivations
  )
SELECT
  project_hash,
  day,
  SUM(active_sites) AS active_sites,
  SUM(installs) AS installs,
  SUM(deactivations) AS deactivations
FROM all_days
WHERE day >= DATE(@first_day)
GROUP BY project_hash, day
ORDER BY project_hash, day
