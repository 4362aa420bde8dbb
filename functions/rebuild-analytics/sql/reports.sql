-- The reports with consent of production sites. Of sites that share everything but the url, the copies are left out.
SELECT *
FROM `${dataset}.sites_unique`
WHERE received_at >= ${since} AND received_at < @until AND kind = 'track' AND environment = 'production'
QUALIFY fingerprint IS NULL
  OR site = FIRST_VALUE(site) OVER (PARTITION BY project_hash, fingerprint ORDER BY received_at, event_id)
