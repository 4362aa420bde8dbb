-- The days whose figures a new fold of the lives changes: those of each life that is another one than before; and when a site is
-- known since another time, those of its deactivations, which may have been of a site that never reported.
WITH
  ${lives_fold},
  changed AS (
    SELECT
      project_hash,
      site,
      was.from_day IS NULL OR was.first_report_at IS DISTINCT FROM lives.first_report_at AS is_known_since,
      was.from_day = lives.from_day AND was.first_report_at = lives.first_report_at AND was.began_as = lives.began_as AS began_alike,
      [
        STRUCT(was.from_day AS from_day, was.last_day AS last_day, was.left_day AS left_day, was.late_left_day AS late_left_day),
        STRUCT(lives.from_day AS from_day, lives.last_day AS last_day, lives.left_day AS left_day, lives.late_left_day AS late_left_day)
      ] AS versions
    FROM `${dataset}.site_lives` AS was
    FULL JOIN lives USING (project_hash, site, number)
    WHERE was.from_day IS DISTINCT FROM lives.from_day
      OR was.last_day IS DISTINCT FROM lives.last_day
      OR was.left_day IS DISTINCT FROM lives.left_day
      OR was.late_left_day IS DISTINCT FROM lives.late_left_day
      OR was.first_report_at IS DISTINCT FROM lives.first_report_at
      OR was.began_as IS DISTINCT FROM lives.began_as
  ),
  ends AS (
    SELECT
      project_hash,
      site,
      is_known_since,
      began_alike,
      version.from_day AS from_day,
      COALESCE(version.left_day, DATE_ADD(version.last_day, INTERVAL @active_days DAY)) AS end_day,
      COALESCE(version.late_left_day, version.left_day, DATE_ADD(version.last_day, INTERVAL @active_days DAY)) AS told_day
    FROM changed
    CROSS JOIN UNNEST(versions) AS version
    WHERE version.from_day IS NOT NULL
  ),
  leaves AS (
    SELECT project_hash, site, MAX(leave_day) AS last_leave
    FROM steps
    GROUP BY project_hash, site
  ),
  spans AS (
    SELECT
      -- of one that began as it did before, only how it ends is another
      MIN(IF(began_alike, end_day, from_day)) AS low,
      LEAST(@today, MAX(IF(is_known_since, GREATEST(told_day, IFNULL(last_leave, told_day)), told_day))) AS high
    FROM ends
    LEFT JOIN leaves USING (project_hash, site)
    GROUP BY project_hash, site
  )
SELECT DISTINCT day
FROM spans
CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(low, high)) AS day
ORDER BY day
