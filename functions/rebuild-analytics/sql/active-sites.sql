-- The active sites of today, copies apart: the latest report of each.
SELECT reports.*
FROM (
  ${reports since @active_since}
) AS reports
JOIN (
  SELECT project_hash, report_id
  FROM (
    ${chart_site_days}
  ) AS site_days
  WHERE day = DATE(@until) AND is_active AND copy_of IS NULL
) AS active ON active.project_hash = reports.project_hash AND active.report_id = reports.event_id
