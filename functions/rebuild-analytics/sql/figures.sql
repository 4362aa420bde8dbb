-- Per project: what its releases, rates, neighbours and retention are made of.
WITH
  days AS (
    SELECT project_hash, day, active, went_silent, exposure, reports, neighbours, spreads
    FROM `${dataset}.project_days`
    WHERE day BETWEEN @from AND @through AND project_hash IN UNNEST(@projects)
  ),
  days_of AS (
    SELECT project_hash, ARRAY_AGG(STRUCT(CAST(day AS STRING) AS day, active, went_silent) ORDER BY day) AS days
    FROM days
    GROUP BY project_hash
  ),
  exposure_of AS (
    SELECT
      project_hash,
      ARRAY_AGG(STRUCT(CAST(day AS STRING) AS day, one.version, one.age, one.at_risk, one.left_sites)) AS exposure
    FROM days
    CROSS JOIN UNNEST(exposure) AS one
    GROUP BY project_hash
  ),
  reports_of AS (
    SELECT
      project_hash,
      ARRAY_AGG(STRUCT(CAST(day AS STRING) AS day, one.version, one.age_days, one.sites)) AS reports
    FROM days
    CROSS JOIN UNNEST(reports) AS one
    GROUP BY project_hash
  ),
  versions_of AS (
    SELECT project_hash, ARRAY_AGG(STRUCT(CAST(day AS STRING) AS day, one.value AS version, one.sites)) AS versions
    FROM days
    CROSS JOIN UNNEST(spreads) AS one
    WHERE one.dimension = 'version' AND one.value IS NOT NULL
    GROUP BY project_hash
  ),
  neighbour_ages AS (
    SELECT
      project_hash,
      CONCAT(one.kind, COALESCE(CONCAT(':', one.key), '')) AS list,
      one.value,
      one.age,
      SUM(one.at_risk) AS at_risk,
      SUM(one.left_sites) AS left_sites,
      SUM(IF(day >= @rates_from, one.at_risk, 0)) AS recent_at_risk,
      SUM(IF(day >= @rates_from, one.left_sites, 0)) AS recent_left
    FROM days
    CROSS JOIN UNNEST(neighbours) AS one
    WHERE day >= @neighbours_from
    GROUP BY project_hash, list, one.value, one.age
  ),
  neighbour_values AS (
    SELECT project_hash, list, value
    FROM neighbour_ages
    GROUP BY project_hash, list, value
    QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, list ORDER BY SUM(at_risk) DESC, value) <= @values_kept
  ),
  neighbours_of AS (
    SELECT
      project_hash,
      ARRAY_AGG(
        STRUCT(list, value, age, at_risk, left_sites, recent_at_risk, recent_left)
        ORDER BY list, value, age
      ) AS neighbours
    FROM neighbour_ages
    JOIN neighbour_values USING (project_hash, list, value)
    GROUP BY project_hash
  )
SELECT project_hash, days, exposure, reports, versions, neighbours
FROM days_of
LEFT JOIN exposure_of USING (project_hash)
LEFT JOIN reports_of USING (project_hash)
LEFT JOIN versions_of USING (project_hash)
LEFT JOIN neighbours_of USING (project_hash)
