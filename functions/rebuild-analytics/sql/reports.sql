-- The reports with consent of production sites.
SELECT *
FROM `${dataset}.sites_unique`
WHERE received_at >= ${since} AND received_at < @until AND kind = 'track' AND environment = 'production'
