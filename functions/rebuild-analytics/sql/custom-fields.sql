-- Per project and custom field, how many active sites have which value: the 50 most frequent. Each key is a constant of the
-- query, for BigQuery takes no JSON path from a column.
WITH active AS (
  ${active_sites}
)
SELECT project_hash, spread.dimension AS dimension, spread.value AS value, COUNT(*) AS sites
FROM active
CROSS JOIN UNNEST([
  ${custom_fields}
]) AS spread
WHERE spread.value IS NOT NULL
GROUP BY project_hash, dimension, value
QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, dimension ORDER BY sites DESC, value) <= 50
ORDER BY project_hash, dimension, sites DESC, value
