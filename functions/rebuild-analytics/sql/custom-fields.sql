-- Per project and custom field, how many active sites have which value: the 50 most frequent. Each key is a constant of the
-- query, for BigQuery takes no JSON path from a column.
WITH
  active AS (
    ${active_sites}
  ),
  spread AS (
    SELECT
      project_hash,
      dimension,
      CASE dimension
        ${custom_field_cases}
      END AS value
    FROM active
    CROSS JOIN UNNEST([${custom_field_keys}]) AS dimension
  )
SELECT project_hash, dimension, value, COUNT(*) AS sites
FROM spread
WHERE value IS NOT NULL
GROUP BY project_hash, dimension, value
QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, dimension ORDER BY COUNT(*) DESC, value) <= 50
ORDER BY project_hash, dimension, sites DESC, value
