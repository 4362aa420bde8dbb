-- Per project and day: reports and deactivations of known sites that came from a network from which the site had sent nothing
-- before. The protocol cannot tell a forged event from a real one; a wave of forged ones shows here.
WITH events AS (
  SELECT project_hash, site, event_id, received_at, sender_network, 'track' AS kind
  FROM `${dataset}.sites_unique`
  WHERE received_at >= @since AND received_at < @until AND kind = 'track' AND environment = 'production'
  UNION ALL
  SELECT project_hash, site, event_id, received_at, sender_network, 'deactivate'
  FROM `${dataset}.deactivations_unique`
  WHERE received_at >= @since AND received_at < @until AND environment = 'production'
)
SELECT
  project_hash,
  DATE(received_at) AS day,
  COUNTIF(kind = 'track') AS reports,
  COUNTIF(kind = 'deactivate') AS deactivations
FROM (
  SELECT *
  FROM events
  WHERE sender_network IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, site, sender_network ORDER BY received_at, event_id) = 1
    AND ROW_NUMBER() OVER (PARTITION BY project_hash, site ORDER BY received_at, event_id) > 1
) AS unfamiliar
WHERE DATE(received_at) >= DATE(@first_day)
GROUP BY project_hash, day
ORDER BY project_hash, day
