-- Per project, what its active sites run: how many of them have which value, by each site's latest report.
WITH
  latest AS (
    SELECT *
    FROM `${dataset}.sites_unique`
    WHERE received_at >= @active_since AND received_at < @until
    QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY received_at DESC, event_id DESC) = 1
  ),
  active AS (
    SELECT latest.*
    FROM latest
    LEFT JOIN (
      SELECT project_hash, site, MAX(received_at) AS left_at
      FROM `${dataset}.deactivations_unique`
      WHERE received_at >= @active_since AND received_at < @until
      GROUP BY project_hash, site
    ) AS departures USING (project_hash, site)
    WHERE latest.kind = 'track' AND latest.environment = 'production'
      AND (departures.left_at IS NULL OR departures.left_at < latest.received_at)
  )
SELECT project_hash, spread.dimension AS dimension, spread.value AS value, COUNT(*) AS sites
FROM active
CROSS JOIN UNNEST([
  STRUCT('version' AS dimension, project_version AS value),
  STRUCT('php' AS dimension, php_minor AS value),
  STRUCT('database' AS dimension, database AS value),
  STRUCT('wordpress' AS dimension, wp_minor AS value),
  STRUCT('webServer' AS dimension, web_server AS value),
  STRUCT('locale' AS dimension, locale AS value),
  STRUCT('theme' AS dimension, theme_slug AS value),
  STRUCT('multisite' AS dimension, IF(multisite IS NULL, NULL, IF(multisite, 'yes', 'no')) AS value)
]) AS spread
WHERE spread.value IS NOT NULL
GROUP BY project_hash, dimension, value
ORDER BY project_hash, dimension, sites DESC, value
