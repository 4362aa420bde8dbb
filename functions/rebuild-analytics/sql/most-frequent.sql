-- Of `spread`: the most frequent values of each dimension, the others together as null.
SELECT project_hash, dimension, kept AS value, SUM(count_of_value) AS sites
FROM (
  SELECT project_hash, dimension, count_of_value, IF(place <= @values_kept, stated, NULL) AS kept
  FROM (
    SELECT
      project_hash,
      dimension,
      stated,
      COUNT(*) AS count_of_value,
      ROW_NUMBER() OVER (PARTITION BY project_hash, dimension ORDER BY COUNT(*) DESC, stated) AS place
    FROM spread
    WHERE stated IS NOT NULL
    GROUP BY project_hash, dimension, stated
  ) AS placed
) AS counted
GROUP BY project_hash, dimension, kept
ORDER BY project_hash, dimension, kept IS NULL, sites DESC, kept
