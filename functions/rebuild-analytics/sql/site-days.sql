-- What each site said on @day: of that day's rows alone. Of what it reports of itself its last report counts.
WITH
  events AS (
    SELECT
      project_hash,
      site,
      environment,
      received_at,
      event_id,
      'report' AS kind,
      url_md5,
      sender_network,
      STRUCT(
        project_version AS version,
        php_minor AS php,
        database,
        wp_minor AS wordpress,
        web_server,
        locale,
        country,
        theme_slug AS theme,
        multisite,
        custom_fields,
        additional,
        fingerprint,
        ARRAY(
          SELECT DISTINCT SUBSTR(plugin.slug, 1, @value_length) AS slug
          FROM UNNEST(plugins) AS plugin
          WHERE plugin.slug IS NOT NULL
          ORDER BY slug
        ) AS plugins
      ) AS said,
      CAST(NULL AS STRING) AS reason_id,
      CAST(NULL AS STRING) AS version,
      FALSE AS has_text
    FROM `${dataset}.sites_unique`
    WHERE received_at >= @since AND received_at < @until AND kind = 'track'
    UNION ALL
    SELECT
      project_hash,
      site,
      environment,
      received_at,
      event_id,
      'left',
      url_md5,
      sender_network,
      NULL,
      reason_id,
      project_version,
      IFNULL(reason_info, '') != ''
    FROM `${dataset}.deactivations_unique`
    WHERE received_at >= @since AND received_at < @until
  ),
  told AS (
    SELECT
      *,
      -- two within a second are one: a click that was made twice
      kind = 'left' AND IFNULL(
        TIMESTAMP_DIFF(
          received_at,
          LAG(received_at) OVER (
            PARTITION BY project_hash, site, environment, kind
            ORDER BY received_at, event_id
          ),
          MICROSECOND
        ) > 1000000,
        TRUE
      ) AS is_deactivation
    FROM events
  ),
  days AS (
    SELECT
      project_hash,
      site,
      environment,
      LOGICAL_OR(kind = 'report') AS reported,
      ARRAY_AGG(kind ORDER BY received_at DESC, event_id DESC LIMIT 1)[OFFSET(0)] AS last_kind,
      MIN(IF(kind = 'report', received_at, NULL)) AS first_report_at,
      ARRAY_AGG(said IGNORE NULLS ORDER BY received_at DESC, event_id DESC LIMIT 1)[SAFE_OFFSET(0)] AS said,
      ARRAY_AGG(DISTINCT url_md5 IGNORE NULLS ORDER BY url_md5 LIMIT 20) AS url_md5s,
      ARRAY_AGG(DISTINCT IF(kind = 'report', sender_network, NULL) IGNORE NULLS ORDER BY IF(kind = 'report', sender_network, NULL) LIMIT 20) AS report_networks,
      ARRAY_AGG(DISTINCT IF(kind = 'left', sender_network, NULL) IGNORE NULLS ORDER BY IF(kind = 'left', sender_network, NULL) LIMIT 20) AS deactivation_networks,
      ARRAY_AGG(IF(is_deactivation, STRUCT(reason_id, has_text, version), NULL) IGNORE NULLS ORDER BY received_at, event_id) AS deactivations
    FROM told
    GROUP BY project_hash, site, environment
  )
SELECT
  @day AS day,
  project_hash,
  site,
  environment,
  reported,
  last_kind,
  first_report_at,
  said.version AS version,
  said.php AS php,
  said.database AS database,
  said.wordpress AS wordpress,
  said.web_server AS web_server,
  said.locale AS locale,
  said.country AS country,
  said.theme AS theme,
  said.multisite AS multisite,
  said.plugins AS plugins,
  said.custom_fields AS custom_fields,
  ARRAY(
    SELECT DISTINCT SUBSTR(field, 1, @value_length) AS name
    FROM UNNEST(JSON_KEYS(SAFE.PARSE_JSON(said.additional), 1)) AS field
    ORDER BY name
    LIMIT 50
  ) AS unknown_fields,
  said.fingerprint AS fingerprint,
  url_md5s,
  report_networks,
  deactivation_networks,
  deactivations
FROM days
