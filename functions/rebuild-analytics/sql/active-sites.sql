-- The active sites: their latest report since @active_since, where they did not leave after it.
SELECT latest.*
FROM (
  SELECT *
  FROM (
    ${reports since @active_since}
  ) AS reports
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY received_at DESC, event_id DESC) = 1
) AS latest
LEFT JOIN (
  SELECT project_hash, site, MAX(received_at) AS left_at
  FROM `${dataset}.deactivations_unique`
  WHERE received_at >= @active_since AND received_at < @until
  GROUP BY project_hash, site
) AS departures USING (project_hash, site)
WHERE departures.left_at IS NULL OR departures.left_at < latest.received_at
