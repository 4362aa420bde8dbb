-- The active sites: their latest report since @active_since, where it is with consent and they did not leave after it.
SELECT latest.*
FROM (
  SELECT *
  FROM `${dataset}.sites_unique`
  WHERE received_at >= @active_since AND received_at < @until
  QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY received_at DESC, event_id DESC) = 1
) AS latest
LEFT JOIN (
  SELECT project_hash, site, MAX(received_at) AS left_at
  FROM `${dataset}.deactivations_unique`
  WHERE received_at >= @active_since AND received_at < @until
  GROUP BY project_hash, site
) AS departures USING (project_hash, site)
WHERE latest.kind = 'track' AND latest.environment = 'production'
  AND (departures.left_at IS NULL OR departures.left_at < latest.received_at)
