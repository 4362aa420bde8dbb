known AS (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY number DESC) = 1 AS is_last,
      COALESCE(left_day, late_left_day) AS ended_day
    FROM `${dataset}.site_lives`
    WHERE from_day < @window_from
  ),
  -- what moves a life on, in the order of days: the last one from before as if it were a day, then the days of the window
  steps AS (
    SELECT
      project_hash,
      site,
      IF(ended_day < @window_from, ended_day, LEAST(last_day, DATE_SUB(@window_from, INTERVAL 1 DAY))) AS day,
      LEAST(last_day, DATE_SUB(@window_from, INTERVAL 1 DAY)) AS report_day,
      IF(ended_day < @window_from, ended_day, NULL) AS leave_day,
      from_day,
      number AS known_number,
      began_as AS known_as,
      first_report_at,
      first_version,
      last_version AS version,
      IF(ended_day < @window_from, reason_id, NULL) AS reason_id
    FROM known
    WHERE is_last
    UNION ALL
    SELECT
      project_hash,
      site,
      day,
      IF(reported, day, NULL),
      IF(last_kind = 'left', day, NULL),
      day,
      NULL,
      NULL,
      first_report_at,
      version,
      version,
      IF(last_kind = 'left', deactivations[SAFE_ORDINAL(ARRAY_LENGTH(deactivations))].reason_id, NULL)
    FROM `${dataset}.site_days`
    WHERE day >= @window_from AND day <= @today AND environment = 'production'
  ),
  compared AS (
    SELECT
      *,
      LAG(leave_day) OVER (PARTITION BY project_hash, site ORDER BY day) AS left_before,
      LAG(day) OVER (PARTITION BY project_hash, site ORDER BY day) AS day_before
    FROM steps
  ),
  begun AS (
    SELECT
      *,
      report_day IS NOT NULL
        AND (day_before IS NULL OR left_before IS NOT NULL OR DATE_DIFF(day, day_before, DAY) > @active_days) AS begins
    FROM compared
  ),
  numbered AS (
    SELECT
      *,
      COUNTIF(begins) OVER (
        PARTITION BY project_hash, site ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) + IFNULL(MAX(known_number) OVER (PARTITION BY project_hash, site), 1) - 1 AS number,
      MIN(first_report_at) OVER (PARTITION BY project_hash, site) AS site_first_at
    FROM begun
  ),
  folded AS (
    SELECT
      project_hash,
      site,
      number,
      MAX(known_as) AS known_as,
      LOGICAL_OR(begins AND left_before IS NOT NULL) AS after_leave,
      MIN(site_first_at) AS first_report_at,
      MIN(from_day) AS from_day,
      MAX(report_day) AS last_day,
      MIN(leave_day) AS leave_day,
      -- in a struct, for one that is NULL would be passed over
      MIN_BY(STRUCT(first_version), day).first_version AS first_version,
      MAX_BY(STRUCT(version), report_day).version AS last_version,
      MIN_BY(STRUCT(reason_id), leave_day).reason_id AS reason_id
    FROM numbered
    WHERE number > 0
    GROUP BY project_hash, site, number
  ),
  lives AS (
    SELECT
      project_hash,
      site,
      number,
      COALESCE(known_as, IF(number = 1, 'new', IF(after_leave, 'reactivated', 'resumed'))) AS began_as,
      first_report_at,
      from_day,
      last_day,
      IF(DATE_DIFF(leave_day, last_day, DAY) <= @active_days, leave_day, NULL) AS left_day,
      IF(DATE_DIFF(leave_day, last_day, DAY) > @active_days, leave_day, NULL) AS late_left_day,
      first_version,
      last_version,
      reason_id
    FROM folded
    UNION ALL
    SELECT
      project_hash,
      site,
      number,
      began_as,
      first_report_at,
      from_day,
      last_day,
      left_day,
      late_left_day,
      first_version,
      last_version,
      reason_id
    FROM known
    WHERE NOT is_last
  )
