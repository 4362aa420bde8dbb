at_risk AS (
    SELECT
      project_hash,
      SUBSTR(version, 1, @value_length) AS said_version,
      ${age_band} AS age,
      COUNT(*) AS at_risk,
      COUNTIF(leaves) AS left_sites
    FROM sites
    WHERE is_at_risk
    GROUP BY project_hash, said_version, age
  ),
  at_risk_of_version AS (
    SELECT *, SUM(at_risk) OVER (PARTITION BY project_hash, said_version) AS of_version
    FROM at_risk
  ),
  exposure_placed AS (
    SELECT
      *,
      DENSE_RANK() OVER (
        PARTITION BY project_hash ORDER BY IF(said_version IS NULL, -1, of_version) DESC, said_version
      ) AS place
    FROM at_risk_of_version
  ),
  exposure_kept AS (
    SELECT
      project_hash,
      IF(place <= @values_kept, said_version, NULL) AS version,
      age,
      SUM(at_risk) AS at_risk,
      SUM(left_sites) AS left_sites
    FROM exposure_placed
    GROUP BY project_hash, version, age
  ),
  exposure_by_project AS (
    SELECT
      project_hash,
      ARRAY_AGG(STRUCT(version, age, at_risk, left_sites) ORDER BY at_risk DESC, version, age) AS exposure
    FROM exposure_kept
    GROUP BY project_hash
  ),
  reporting AS (
    SELECT
      project_hash,
      SUBSTR(version, 1, @value_length) AS said_version,
      LEAST(age, @report_age_days) AS age_days,
      COUNT(*) AS sites
    FROM sites
    WHERE day = @day AND (is_counted OR leaves AND is_at_risk)
    GROUP BY project_hash, said_version, age_days
  ),
  reporting_of_version AS (
    SELECT *, SUM(sites) OVER (PARTITION BY project_hash, said_version) AS of_version
    FROM reporting
  ),
  reports_placed AS (
    SELECT
      *,
      DENSE_RANK() OVER (
        PARTITION BY project_hash ORDER BY IF(said_version IS NULL, -1, of_version) DESC, said_version
      ) AS place
    FROM reporting_of_version
  ),
  reports_kept AS (
    SELECT
      project_hash,
      IF(place <= @report_versions_kept, said_version, NULL) AS version,
      age_days,
      SUM(sites) AS sites
    FROM reports_placed
    GROUP BY project_hash, version, age_days
  ),
  reports_by_project AS (
    SELECT project_hash, ARRAY_AGG(STRUCT(version, age_days, sites) ORDER BY version, age_days) AS reports
    FROM reports_kept
    GROUP BY project_hash
  ),
  -- `*` is whoever states the list or the field at all
  beside AS (
    SELECT 'theme' AS kind, CAST(NULL AS STRING) AS key, project_hash, site, theme_value AS value, age, leaves
    FROM sites
    CROSS JOIN UNNEST([theme, '*']) AS theme_value
    WHERE is_at_risk AND theme IS NOT NULL
    ${detail_neighbours}
  ),
  neighbours AS (
    SELECT
      project_hash,
      kind,
      key,
      SUBSTR(value, 1, @value_length) AS value,
      ${age_band} AS age,
      COUNT(*) AS at_risk,
      COUNTIF(leaves) AS left_sites
    FROM beside
    GROUP BY project_hash, kind, key, value, age
  ),
  neighbours_of_value AS (
    SELECT *, SUM(at_risk) OVER (PARTITION BY project_hash, kind, key, value) AS of_value
    FROM neighbours
  ),
  neighbours_placed AS (
    SELECT
      *,
      DENSE_RANK() OVER (PARTITION BY project_hash, value = '*' ORDER BY of_value DESC, kind, key, value) AS place
    FROM neighbours_of_value
  ),
  neighbours_by_project AS (
    SELECT
      project_hash,
      ARRAY_AGG(
        STRUCT(kind, key, value, age, at_risk, left_sites) ORDER BY kind, key, at_risk DESC, value, age
      ) AS neighbours
    FROM neighbours_placed
    WHERE place <= @neighbours_kept
    GROUP BY project_hash
  )
