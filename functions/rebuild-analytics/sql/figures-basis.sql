-- Per project: what its figures are made of, of these days.
SELECT project_hash, CAST(day AS STRING) AS day, exposure, reports, neighbours, spreads, went_silent
FROM `${dataset}.project_days`
WHERE day IN UNNEST(@days) AND day BETWEEN @from AND @to
