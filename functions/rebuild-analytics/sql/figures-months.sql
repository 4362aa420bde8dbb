-- Per project: its days as they are charted.
SELECT
  project_hash,
  ARRAY_AGG(
    STRUCT(
      CAST(day AS STRING) AS day,
      active,
      new_sites,
      reactivated,
      resumed,
      left_sites,
      went_silent,
      copies_counted_again,
      copies_set_aside,
      deactivations,
      deactivations_unreported,
      first_refusals,
      withdrawn,
      staging,
      local,
      ephemeral,
      copies,
      unfamiliar_reports,
      unfamiliar_deactivations,
      spreads
    )
    ORDER BY day
  ) AS days
FROM `${dataset}.project_days`
WHERE day BETWEEN @from AND @to
GROUP BY project_hash
