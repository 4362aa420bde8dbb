-- Per project: how many deactivations gave which reason since @active_since.
SELECT project_hash, reason_id, COUNT(*) AS deactivations
FROM `${dataset}.deactivations_unique`
WHERE received_at >= @active_since AND received_at < @until AND environment = 'production'
GROUP BY project_hash, reason_id
ORDER BY project_hash, deactivations DESC, reason_id
