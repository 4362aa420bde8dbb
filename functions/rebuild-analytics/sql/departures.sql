-- The deactivations of production sites, those of copies apart: by what the site was on that day, or else on the day before.
SELECT deactivations.project_hash, DATE(deactivations.received_at) AS day, deactivations.received_at, deactivations.reason_id
FROM `${dataset}.deactivations_unique` AS deactivations
LEFT JOIN site_days AS that_day
  ON that_day.project_hash = deactivations.project_hash AND that_day.site = deactivations.site
  AND that_day.day = DATE(deactivations.received_at)
LEFT JOIN site_days AS day_before
  ON day_before.project_hash = deactivations.project_hash AND day_before.site = deactivations.site
  AND day_before.day = DATE_SUB(DATE(deactivations.received_at), INTERVAL 1 DAY)
WHERE deactivations.received_at >= ${since} AND deactivations.received_at < @until
  AND deactivations.environment = 'production'
  AND that_day.copy_of IS NULL AND (that_day.site IS NOT NULL OR day_before.copy_of IS NULL)
