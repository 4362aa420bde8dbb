-- The lives of every production site: those that began before @window_from as they are known, but for the last one of a site,
-- which the days from then on may carry on, and what these days make. Right when no day before @window_from + 30 changed: a life
-- that reaches into the window then has a report in it that is as it was.
WITH
  ${lives_fold}
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
FROM lives
