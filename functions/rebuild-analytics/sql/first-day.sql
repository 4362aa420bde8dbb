-- The first day of the history, null without any.
SELECT MIN(DATE(received_at)) AS day
FROM (
  SELECT received_at FROM `${dataset}.sites` WHERE received_at >= TIMESTAMP '1970-01-01'
  UNION ALL
  SELECT received_at FROM `${dataset}.deactivations` WHERE received_at >= TIMESTAMP '1970-01-01'
  UNION ALL
  SELECT received_at FROM `${dataset}.tracking_skips` WHERE received_at >= TIMESTAMP '1970-01-01'
) AS events
