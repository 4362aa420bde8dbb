said AS (
    SELECT
      day,
      project_hash,
      site,
      environment,
      reported,
      fingerprint,
      version,
      php,
      database,
      wordpress,
      web_server,
      locale,
      country,
      theme,
      multisite,
      ${detail_columns}
      url_md5s,
      report_networks,
      deactivation_networks,
      deactivations
    FROM `${dataset}.site_days`
    WHERE day >= @window_from AND day <= @day
  ),
  -- the last report of each site; and by which fingerprint it went the day before
  latest AS (
    SELECT
      * EXCEPT (url_md5s, report_networks, deactivation_networks, deactivations),
      IF(
        day = @day,
        LEAD(fingerprint) OVER (PARTITION BY project_hash, site ORDER BY day DESC),
        fingerprint
      ) AS fingerprint_before
    FROM said
    WHERE reported AND environment = 'production'
    QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY day DESC) = 1
  ),
  lives AS (
    SELECT
      project_hash,
      site,
      number,
      began_as,
      first_report_at,
      from_day,
      left_day,
      COALESCE(left_day, DATE_ADD(last_day, INTERVAL @active_days DAY)) AS end_day
    FROM `${dataset}.site_lives`
    WHERE from_day <= @day
  ),
  -- the lives that are lived on the day or the day before: each is at risk of ending on the day
  lived AS (
    SELECT
      latest.*,
      began_as,
      from_day = @day AS begins,
      IFNULL(left_day = @day, FALSE) AS leaves,
      end_day > @day AS is_active,
      DATE_DIFF(@day, DATE(first_report_at), DAY) AS age,
      -- 27 characters of time, then the name
      CONCAT(FORMAT_TIMESTAMP('%FT%H:%M:%E6S', first_report_at), '/', latest.site) AS first_key
    FROM lives
    JOIN latest ON latest.project_hash = lives.project_hash AND latest.site = lives.site
    WHERE end_day >= @day
  ),
  -- a copy shares everything but the url with an active site that reported first; one without a fingerprint shares it with none
  compared AS (
    SELECT
      *,
      MIN(IF(is_active, first_key, NULL)) OVER (PARTITION BY project_hash, IFNULL(fingerprint, site)) AS original_key,
      MIN(IF(begins, NULL, first_key)) OVER (PARTITION BY project_hash, IFNULL(fingerprint_before, site)) AS original_key_before
    FROM lived
  ),
  sites AS (
    SELECT
      * EXCEPT (fingerprint, fingerprint_before, original_key, original_key_before),
      IFNULL(original_key < first_key, FALSE) AS is_copy,
      IFNULL(original_key_before < first_key, FALSE) AS was_copy,
      -- whether it counts among those at risk: by what it was the day before, or if it came on the day, by what it is
      NOT IFNULL(IF(begins, original_key < first_key, original_key_before < first_key), FALSE) AS is_at_risk,
      is_active AND NOT IFNULL(original_key < first_key, FALSE) AS is_counted,
      IF(original_key < first_key, SUBSTR(original_key, 28), NULL) AS copy_of
    FROM compared
  )
