-- Per project: what its active sites on the newest release run, by their last report.
WITH
  last_reports AS (
    SELECT project_hash, site, version, php, wordpress, `database`, fingerprint
    FROM `${dataset}.site_days`
    WHERE day BETWEEN @from AND @through AND environment = 'production' AND reported
    QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY day DESC) = 1
  ),
  active AS (
    SELECT last_reports.*, first_report_at
    FROM last_reports
    JOIN `${dataset}.site_lives` AS lives
      ON lives.project_hash = last_reports.project_hash AND lives.site = last_reports.site
    WHERE from_day <= @through AND @through < COALESCE(left_day, DATE_ADD(last_day, INTERVAL @active_days DAY))
  ),
  counted AS (
    SELECT *
    FROM active
    WHERE TRUE
    QUALIFY fingerprint IS NULL
      OR ROW_NUMBER() OVER (PARTITION BY project_hash, fingerprint ORDER BY first_report_at, site) = 1
  ),
  stated AS (
    SELECT project_hash, 'php' AS dimension, php AS value FROM counted
    WHERE CONCAT(project_hash, ' ', version) IN UNNEST(@newest)
    UNION ALL
    SELECT project_hash, 'wordpress' AS dimension, wordpress AS value FROM counted
    WHERE CONCAT(project_hash, ' ', version) IN UNNEST(@newest)
    UNION ALL
    SELECT project_hash, 'database' AS dimension, `database` AS value FROM counted
    WHERE CONCAT(project_hash, ' ', version) IN UNNEST(@newest)
  ),
  spreads AS (
    SELECT project_hash, dimension, SUBSTR(value, 1, @value_length) AS value, COUNT(*) AS sites
    FROM stated
    GROUP BY project_hash, dimension, value
  )
SELECT project_hash, ARRAY_AGG(STRUCT(dimension, value, sites) ORDER BY sites DESC, value) AS spreads
FROM spreads
GROUP BY project_hash
