-- Per project, what its active sites run: how many of them have which value.
WITH
  active AS (
    ${active_sites}
  ),
  spread AS (
    SELECT
      project_hash,
      dimension,
      CASE dimension
        WHEN 'version' THEN project_version
        WHEN 'php' THEN php_minor
        WHEN 'database' THEN active.database
        WHEN 'wordpress' THEN wp_minor
        WHEN 'webServer' THEN web_server
        WHEN 'locale' THEN locale
        WHEN 'country' THEN country
        WHEN 'theme' THEN theme_slug
        WHEN 'multisite' THEN IF(multisite, 'yes', IF(multisite IS NULL, NULL, 'no'))
      END AS value
    FROM active
    CROSS JOIN UNNEST([
      'version', 'php', 'database', 'wordpress', 'webServer', 'locale', 'country', 'theme', 'multisite'
    ]) AS dimension
  )
SELECT project_hash, dimension, value, COUNT(*) AS sites
FROM spread
WHERE value IS NOT NULL
GROUP BY project_hash, dimension, value
ORDER BY project_hash, dimension, sites DESC, value
