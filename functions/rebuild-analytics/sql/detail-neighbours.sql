UNION ALL
    SELECT 'plugin', NULL, project_hash, site, plugin, age, leaves
    FROM sites
    CROSS JOIN UNNEST(ARRAY_CONCAT(plugins, ['*'])) AS plugin
    WHERE is_at_risk AND ARRAY_LENGTH(plugins) > 0
    ${detail_field_neighbours}
