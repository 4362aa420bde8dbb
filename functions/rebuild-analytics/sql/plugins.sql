-- Per project, the plugins that its active sites run beside it: the 50 most frequent. A site can list one twice.
WITH active AS (
  ${active_sites}
)
SELECT project_hash, SUBSTR(plugin.slug, 1, @value_length) AS value, COUNT(DISTINCT site) AS sites
FROM active
CROSS JOIN UNNEST(plugins) AS plugin
GROUP BY project_hash, value
QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash ORDER BY COUNT(DISTINCT site) DESC, value) <= 50
ORDER BY project_hash, sites DESC, value
