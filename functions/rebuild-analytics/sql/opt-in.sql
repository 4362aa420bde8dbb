-- Per project, who was asked since @active_since: sites that report with consent, and sites that declined and did not
-- report after it. A site is known by the md5 of its url, the only key that an opt-out has.
WITH
  answers AS (
    SELECT project_hash, url_md5, received_at, TRUE AS opted_in
    FROM `${dataset}.sites_unique`
    WHERE received_at >= @active_since AND received_at < @until AND kind = 'track' AND environment = 'production'
    UNION ALL
    SELECT project_hash, url_md5, received_at, FALSE AS opted_in
    FROM `${dataset}.tracking_skips_unique`
    WHERE received_at >= @active_since AND received_at < @until
  ),
  latest AS (
    SELECT project_hash, opted_in
    FROM answers
    WHERE url_md5 IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash, url_md5 ORDER BY received_at DESC) = 1
  )
SELECT project_hash, COUNTIF(opted_in) AS opted_in, COUNTIF(NOT opted_in) AS opted_out
FROM latest
GROUP BY project_hash
ORDER BY project_hash
