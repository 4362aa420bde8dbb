-- Per production site and day, up to @silent_days after a report: whether it is active at the end of the day, what its latest
-- report was, and whose copy it is. A copy shares everything but the url with an active site that reported first; when that
-- one falls silent or leaves, the next takes its place, so that a move to another host ends with one site.
SELECT
  * EXCEPT (first_key, original_key),
  IF(fingerprint IS NOT NULL AND original_key < first_key, SUBSTR(original_key, 28), NULL) AS copy_of
FROM (
  SELECT
    *,
    MIN(IF(is_active, first_key, NULL)) OVER (PARTITION BY project_hash, fingerprint, day) AS original_key
  FROM (
    SELECT
      project_hash,
      site,
      fingerprint,
      report_id,
      first_key,
      day,
      day <= last_day AS is_active
    FROM (
      SELECT
        project_hash,
        site,
        fingerprint,
        event_id AS report_id,
        received_at,
        kind,
        -- 27 characters of time, then the name
        CONCAT(FORMAT_TIMESTAMP('%FT%H:%M:%E6S', MIN(IF(kind = 'track', received_at, NULL)) OVER (PARTITION BY project_hash, site)), '/', site) AS first_key,
        DATE(received_at) AS start_day,
        LEAST(
          DATE_ADD(DATE(received_at), INTERVAL @silent_days - 1 DAY),
          IFNULL(DATE_SUB(DATE(LEAD(received_at) OVER (PARTITION BY project_hash, site ORDER BY received_at, event_id)), INTERVAL 1 DAY), DATE(@until)),
          DATE(@until)
        ) AS last_day
      FROM (
        SELECT project_hash, site, fingerprint, event_id, received_at, 'track' AS kind
        FROM (
          ${reports since @since}
        ) AS reports
        UNION ALL
        SELECT project_hash, site, NULL, event_id, received_at, 'deactivate'
        FROM `${dataset}.deactivations_unique`
        WHERE received_at >= @since AND received_at < @until AND environment = 'production'
      ) AS events
    ) AS stretches
    CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(start_day, GREATEST(start_day, last_day))) AS day
    WHERE kind = 'track'
    QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site, day ORDER BY received_at DESC, report_id DESC) = 1
  ) AS days
) AS days_of_originals
