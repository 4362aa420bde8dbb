-- The first day of every project, or of these.
SELECT project_hash, CAST(MIN(day) AS STRING) AS first_day
FROM `${dataset}.project_days`
WHERE day BETWEEN @from AND @to AND (@all OR project_hash IN UNNEST(@projects))
GROUP BY project_hash
