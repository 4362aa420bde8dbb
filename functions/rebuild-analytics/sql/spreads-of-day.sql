parts AS (
    SELECT
      project_hash,
      is_counted,
      leaves AND is_at_risk AS is_leaving,
      [
        STRUCT('version' AS dimension, version AS stated),
        STRUCT('php' AS dimension, php AS stated),
        STRUCT('database' AS dimension, sites.database AS stated),
        STRUCT('wordpress' AS dimension, wordpress AS stated),
        STRUCT('web-server' AS dimension, web_server AS stated),
        STRUCT('locale' AS dimension, locale AS stated),
        STRUCT('country' AS dimension, country AS stated),
        STRUCT('theme' AS dimension, theme AS stated),
        STRUCT('multisite' AS dimension, IF(multisite, 'yes', IF(multisite IS NULL, NULL, 'no')) AS stated)${detail_dimensions}
      ] AS parts
    FROM sites
    WHERE is_counted OR leaves AND is_at_risk
  ),
  stated AS (
    SELECT
      project_hash,
      part.dimension AS dimension,
      SUBSTR(part.stated, 1, @value_length) AS value,
      COUNTIF(is_counted) AS sites,
      COUNTIF(is_leaving) AS left_sites
    FROM parts
    CROSS JOIN UNNEST(parts) AS part
    GROUP BY project_hash, dimension, value
    UNION ALL
    SELECT project_hash, 'reason', SUBSTR(reason_id, 1, @value_length) AS value, COUNT(*), NULL
    FROM departures
    GROUP BY project_hash, value
    ${detail_spreads}
  ),
  placed AS (
    SELECT
      *,
      ROW_NUMBER() OVER (
        PARTITION BY project_hash, dimension, value IS NULL ORDER BY sites DESC, left_sites DESC, value
      ) AS place,
      LOGICAL_OR(value IS NOT NULL) OVER (PARTITION BY project_hash, dimension) AS is_stated
    FROM stated
  ),
  -- several plugins of a site have no sum of their sites; a custom field of which nobody says anything is another project's
  kept AS (
    SELECT
      project_hash,
      dimension,
      IF(place <= @values_kept, value, NULL) AS value,
      IF(value IS NULL, 'unknown', IF(place <= @values_kept, NULL, 'other')) AS rest,
      sites,
      left_sites
    FROM placed
    WHERE IF(dimension IN ('plugin', 'unknown-field'), place <= @plugins_kept, is_stated OR NOT STARTS_WITH(dimension, 'field:'))
  ),
  spread AS (
    SELECT project_hash, dimension, value, rest, SUM(sites) AS sites, SUM(left_sites) AS left_sites
    FROM kept
    GROUP BY project_hash, dimension, value, rest
  ),
  spreads_by_project AS (
    SELECT
      project_hash,
      ARRAY_AGG(
        STRUCT(dimension, value, rest, sites, left_sites) ORDER BY dimension, rest, sites DESC, value
      ) AS spreads
    FROM spread
    GROUP BY project_hash
  )
