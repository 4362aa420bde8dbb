-- Per project and day: new installs, deactivations, and the sites that are active at the end of the day: they reported
-- within @silent_days and did not leave since. Each report covers the days up to the site's next event.
WITH
  events AS (
    SELECT project_hash, site, received_at, 'track' AS kind
    FROM (
      ${reports since @since}
    ) AS reports
    UNION ALL
    SELECT project_hash, site, received_at, 'deactivate' AS kind
    FROM `${dataset}.deactivations_unique`
    WHERE received_at >= @since AND received_at < @until AND environment = 'production'
  ),
  ordered AS (
    SELECT
      project_hash,
      kind,
      DATE(received_at) AS start_day,
      DATE(LEAD(received_at) OVER (PARTITION BY project_hash, site ORDER BY received_at)) AS next_day
    FROM events
  ),
  active AS (
    SELECT project_hash, active_day AS day, COUNT(*) AS active_sites, 0 AS installs, 0 AS deactivations
    FROM ordered
    CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(
      start_day,
      LEAST(DATE_ADD(start_day, INTERVAL @silent_days - 1 DAY), IFNULL(DATE_SUB(next_day, INTERVAL 1 DAY), DATE(@until)), DATE(@until))
    )) AS active_day
    WHERE kind = 'track'
    GROUP BY project_hash, active_day
  ),
  firsts AS (
    SELECT project_hash, site, MIN(received_at) AS first_at FROM events GROUP BY project_hash, site
  ),
  installs AS (
    SELECT project_hash, DATE(first_at) AS day, 0 AS active_sites, COUNT(*) AS installs, 0 AS deactivations
    FROM firsts
    GROUP BY project_hash, DATE(first_at)
  ),
  deactivations AS (
    SELECT project_hash, start_day AS day, 0 AS active_sites, 0 AS installs, COUNT(*) AS deactivations
    FROM ordered
    WHERE kind = 'deactivate'
    GROUP BY project_hash, start_day
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
