-- The active sites of @day that are copies of another one.
WITH
  ${sites_of_day}
SELECT project_hash, site, copy_of
FROM sites
WHERE is_active AND is_copy
