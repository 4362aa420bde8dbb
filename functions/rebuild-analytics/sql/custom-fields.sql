-- Per project and custom field, how many active sites have which value: the 200 most frequent, the others together as null.
-- Each key is a constant of the query, for BigQuery takes no JSON path from a column.
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
          ${custom_field_cases}
        END,
        1,
        @value_length
      ) AS stated
    FROM active
    CROSS JOIN UNNEST([${custom_field_keys}]) AS dimension
  )
${most_frequent}
