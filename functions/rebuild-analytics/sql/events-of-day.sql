departures AS (
    SELECT
      said.project_hash AS project_hash,
      deactivation.reason_id AS reason_id,
      first_lives.site IS NULL AS is_unreported
    FROM said
    CROSS JOIN UNNEST(deactivations) AS deactivation
    LEFT JOIN (
      SELECT project_hash, site FROM lives WHERE number = 1
    ) AS first_lives ON first_lives.project_hash = said.project_hash AND first_lives.site = said.site
    LEFT JOIN (
      SELECT project_hash, site, is_at_risk FROM sites WHERE is_active OR leaves
    ) AS site ON site.project_hash = said.project_hash AND site.site = said.site
    WHERE said.day = @day AND said.environment = 'production' AND IFNULL(site.is_at_risk, TRUE)
  ),
  deactivation_counts AS (
    SELECT project_hash, COUNT(*) AS deactivations, COUNTIF(is_unreported) AS deactivations_unreported
    FROM departures
    GROUP BY project_hash
  ),
  skips AS (
    SELECT project_hash, url_md5, IFNULL(url_md5, event_id) AS who, IFNULL(previously_skipped, FALSE) AS is_again
    FROM `${dataset}.tracking_skips_unique`
    WHERE received_at >= @since AND received_at < @until
  ),
  -- by the only name that a skip has: what a site called itself lately, and its address in every usual spelling
  named AS (
    SELECT project_hash, site, url_md5
    FROM said
    CROSS JOIN UNNEST(url_md5s) AS url_md5
    WHERE environment = 'production'
    UNION ALL
    SELECT project_hash, site, TO_HEX(MD5(CONCAT(scheme, site, ending))) AS url_md5
    FROM lives
    CROSS JOIN UNNEST(['https://', 'http://', 'https://www.', 'http://www.']) AS scheme
    CROSS JOIN UNNEST(['', '/']) AS ending
    WHERE number = 1 AND project_hash IN (SELECT project_hash FROM skips)
  ),
  -- of a million sites those that skipped first: what follows is of few
  skipped AS (
    SELECT named.project_hash AS project_hash, site, named.url_md5 AS url_md5
    FROM named
    JOIN (
      SELECT DISTINCT project_hash, url_md5 FROM skips
    ) AS asked ON asked.project_hash = named.project_hash AND asked.url_md5 = named.url_md5
  ),
  names AS (
    SELECT DISTINCT skipped.project_hash AS project_hash, url_md5
    FROM skipped
    JOIN (
      SELECT project_hash, site FROM lives WHERE number = 1
    ) AS reporting ON reporting.project_hash = skipped.project_hash AND reporting.site = skipped.site
    LEFT JOIN (
      SELECT project_hash, site FROM sites WHERE is_active AND is_copy
    ) AS copied ON copied.project_hash = skipped.project_hash AND copied.site = skipped.site
    WHERE copied.site IS NULL
  ),
  refusals AS (
    SELECT
      skips.project_hash AS project_hash,
      COUNT(DISTINCT IF(names.url_md5 IS NULL AND NOT is_again, who, NULL)) AS first_refusals,
      COUNT(DISTINCT IF(names.url_md5 IS NOT NULL, who, NULL)) AS withdrawn
    FROM skips
    LEFT JOIN names ON names.project_hash = skips.project_hash AND names.url_md5 = skips.url_md5
    GROUP BY project_hash
  ),
  senders AS (
    SELECT project_hash, site, day, network, TRUE AS is_report
    FROM said
    CROSS JOIN UNNEST(report_networks) AS network
    WHERE environment = 'production'
    UNION ALL
    SELECT project_hash, site, day, network, FALSE
    FROM said
    CROSS JOIN UNNEST(deactivation_networks) AS network
    WHERE environment = 'production'
  ),
  -- the protocol cannot tell a forged event from a real one; a wave of forged ones shows here
  unfamiliar AS (
    SELECT
      project_hash,
      COUNT(DISTINCT IF(of_report, site, NULL)) AS unfamiliar_reports,
      COUNT(DISTINCT IF(of_deactivation, site, NULL)) AS unfamiliar_deactivations
    FROM (
      SELECT
        project_hash,
        site,
        MIN(day) AS first_day,
        LOGICAL_OR(is_report) AS of_report,
        LOGICAL_OR(NOT is_report) AS of_deactivation,
        MIN(MIN(day)) OVER (PARTITION BY project_hash, site) AS known_day
      FROM senders
      GROUP BY project_hash, site, network
    ) AS by_network
    WHERE first_day = @day AND known_day < @day
    GROUP BY project_hash
  )
