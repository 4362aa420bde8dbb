-- Per project, fields that its active sites send and no column takes, by the first part of their names: a newer client, or a plugin's own.
WITH active AS (
  ${active_sites}
)
SELECT project_hash, field AS value, COUNT(*) AS sites
FROM active
CROSS JOIN UNNEST(JSON_KEYS(SAFE.PARSE_JSON(additional), 1)) AS field
WHERE additional IS NOT NULL
GROUP BY project_hash, field
QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash ORDER BY COUNT(*) DESC, field) <= 50
ORDER BY project_hash, sites DESC, value
