-- The active sites of today that are copies of another one.
SELECT project_hash, site, copy_of
FROM (
  ${site_days}
) AS site_days
WHERE day = DATE(@until) AND is_active AND copy_of IS NOT NULL
ORDER BY project_hash, site
