-- Per project, fields that its active sites send and no column takes, by the first part of their names: a newer client, or a
-- plugin's own. The 50 most frequent.
WITH active AS (
  ${active_sites}
)
SELECT project_hash, SUBSTR(field, 1, @value_length) AS value, COUNT(*) AS sites
FROM active
CROSS JOIN UNNEST(JSON_KEYS(SAFE.PARSE_JSON(additional), 1)) AS field
WHERE additional IS NOT NULL
GROUP BY project_hash, value
QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash ORDER BY COUNT(*) DESC, value) <= 50
ORDER BY project_hash, sites DESC, value
