-- The figures of each project on @day. Who comes is counted by whether he is a copy on the day, who goes by whether he was one
-- the day before, who comes and goes by the day: so the flows add up to the change of the active sites.
WITH
  ${sites_of_day},
  counts AS (
    SELECT
      project_hash,
      COUNTIF(is_counted) AS active,
      COUNTIF(begins AND NOT is_copy AND began_as = 'new') AS new_sites,
      COUNTIF(begins AND NOT is_copy AND began_as = 'reactivated') AS reactivated,
      COUNTIF(begins AND NOT is_copy AND began_as = 'resumed') AS resumed,
      COUNTIF(leaves AND is_at_risk) AS left_sites,
      COUNTIF(NOT is_active AND NOT leaves AND is_at_risk) AS went_silent,
      COUNTIF(is_active AND NOT begins AND was_copy AND NOT is_copy) AS copies_counted_again,
      COUNTIF(is_active AND NOT begins AND is_copy AND NOT was_copy) AS copies_set_aside,
      COUNTIF(is_active AND is_copy) AS copies
    FROM sites
    GROUP BY project_hash
  ),
  others AS (
    SELECT
      project_hash,
      COUNT(DISTINCT IF(environment = 'staging', site, NULL)) AS staging,
      COUNT(DISTINCT IF(environment = 'local', site, NULL)) AS local,
      COUNT(DISTINCT IF(environment = 'ephemeral', site, NULL)) AS ephemeral
    FROM said
    WHERE reported AND day > @window_from
    GROUP BY project_hash
  ),
  ${events_of_day},
  ${spreads_of_day},
  ${risks_of_day},
  projects AS (
    SELECT project_hash FROM lives
    UNION DISTINCT
    SELECT project_hash FROM said
    UNION DISTINCT
    SELECT project_hash FROM skips
  )
SELECT
  @day AS day,
  projects.project_hash AS project_hash,
  IFNULL(active, 0) AS active,
  IFNULL(new_sites, 0) AS new_sites,
  IFNULL(reactivated, 0) AS reactivated,
  IFNULL(resumed, 0) AS resumed,
  IFNULL(left_sites, 0) AS left_sites,
  IFNULL(went_silent, 0) AS went_silent,
  IFNULL(copies_counted_again, 0) AS copies_counted_again,
  IFNULL(copies_set_aside, 0) AS copies_set_aside,
  IFNULL(deactivations, 0) AS deactivations,
  IFNULL(deactivations_unreported, 0) AS deactivations_unreported,
  IFNULL(first_refusals, 0) AS first_refusals,
  IFNULL(withdrawn, 0) AS withdrawn,
  IFNULL(staging, 0) AS staging,
  IFNULL(local, 0) AS local,
  IFNULL(ephemeral, 0) AS ephemeral,
  IFNULL(copies, 0) AS copies,
  IFNULL(unfamiliar_reports, 0) AS unfamiliar_reports,
  IFNULL(unfamiliar_deactivations, 0) AS unfamiliar_deactivations,
  spreads,
  exposure,
  reports,
  neighbours
FROM projects
LEFT JOIN counts ON counts.project_hash = projects.project_hash
LEFT JOIN others ON others.project_hash = projects.project_hash
LEFT JOIN deactivation_counts ON deactivation_counts.project_hash = projects.project_hash
LEFT JOIN refusals ON refusals.project_hash = projects.project_hash
LEFT JOIN unfamiliar ON unfamiliar.project_hash = projects.project_hash
LEFT JOIN spreads_by_project ON spreads_by_project.project_hash = projects.project_hash
LEFT JOIN exposure_by_project ON exposure_by_project.project_hash = projects.project_hash
LEFT JOIN reports_by_project ON reports_by_project.project_hash = projects.project_hash
LEFT JOIN neighbours_by_project ON neighbours_by_project.project_hash = projects.project_hash
