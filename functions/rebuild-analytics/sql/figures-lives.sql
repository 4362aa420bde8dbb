-- Per project: how long the sites of each cohort were seen, and how old those of the last days were when they left.
WITH
  sites AS (
    SELECT
      project_hash,
      site,
      MIN(from_day) AS first_day,
      MAX(GREATEST(last_day, COALESCE(left_day, last_day), COALESCE(late_left_day, last_day))) AS seen_day
    FROM `${dataset}.site_lives`
    WHERE project_hash IN UNNEST(@projects) AND from_day <= @through
    GROUP BY project_hash, site
  ),
  kept AS (
    SELECT
      project_hash,
      DATE_ADD(@first_cohort, INTERVAL DIV(DATE_DIFF(first_day, @first_cohort, DAY), @cohort_days) * @cohort_days DAY) AS cohort,
      LEAST(DATE_DIFF(seen_day, first_day, DAY), @oldest_age) AS kept_days,
      COUNT(*) AS sites
    FROM sites
    WHERE first_day >= @cohorts_from
    GROUP BY project_hash, cohort, kept_days
  ),
  leaves AS (
    SELECT lives.project_hash, DATE_DIFF(left_day, first_day, DAY) AS age_days, COUNT(*) AS left_sites
    FROM `${dataset}.site_lives` AS lives
    JOIN sites ON sites.project_hash = lives.project_hash AND sites.site = lives.site
    WHERE left_day BETWEEN @rates_from AND @through
    GROUP BY project_hash, age_days
  ),
  kept_of AS (
    SELECT project_hash, ARRAY_AGG(STRUCT(CAST(cohort AS STRING) AS cohort, kept_days, sites)) AS kept
    FROM kept
    GROUP BY project_hash
  ),
  leaves_of AS (
    SELECT project_hash, ARRAY_AGG(STRUCT(age_days, left_sites)) AS leaves
    FROM leaves
    GROUP BY project_hash
  )
SELECT project_hash, kept, leaves
FROM kept_of
LEFT JOIN leaves_of USING (project_hash)
