-- Per project, what its active sites run: how many of them have which value. Of the values of a dimension the 200 most
-- frequent, the others together as null: what a site says of itself can be anything.
WITH
  active AS (
    ${active_sites}
  ),
  spread AS (
    SELECT
      project_hash,
      dimension,
      SUBSTR(
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
        END,
        1,
        @value_length
      ) AS stated
    FROM active
    CROSS JOIN UNNEST([
      'version', 'php', 'database', 'wordpress', 'webServer', 'locale', 'country', 'theme', 'multisite'
    ]) AS dimension
  )
${most_frequent}
