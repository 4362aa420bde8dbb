-- Per project, what its active sites run: how many of them have which value.
WITH active AS (
  ${active_sites}
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
  STRUCT('country' AS dimension, country AS value),
  STRUCT('theme' AS dimension, theme_slug AS value),
  STRUCT('multisite' AS dimension, IF(multisite IS NULL, NULL, IF(multisite, 'yes', 'no')) AS value)
]) AS spread
WHERE spread.value IS NOT NULL
GROUP BY project_hash, dimension, value
ORDER BY project_hash, dimension, sites DESC, value
