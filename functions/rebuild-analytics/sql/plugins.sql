-- Per project, the plugins that its active sites run beside it: the 50 most frequent.
WITH active AS (
  ${active_sites}
)
SELECT project_hash, plugin.slug AS value, COUNT(*) AS sites
FROM active
CROSS JOIN UNNEST(plugins) AS plugin
GROUP BY project_hash, plugin.slug
QUALIFY ROW_NUMBER() OVER (PARTITION BY project_hash ORDER BY COUNT(*) DESC, plugin.slug) <= 50
ORDER BY project_hash, sites DESC, value
