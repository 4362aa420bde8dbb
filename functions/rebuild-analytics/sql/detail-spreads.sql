UNION ALL
    SELECT project_hash, 'plugin', plugin AS value, COUNT(*), NULL
    FROM sites
    CROSS JOIN UNNEST(plugins) AS plugin
    WHERE is_counted
    GROUP BY project_hash, value
    UNION ALL
    SELECT project_hash, 'plugin', NULL, COUNT(*), NULL
    FROM sites
    WHERE is_counted AND ARRAY_LENGTH(plugins) = 0
    GROUP BY project_hash
    UNION ALL
    SELECT project_hash, 'unknown-field', field AS value, COUNT(*), NULL
    FROM sites
    CROSS JOIN UNNEST(unknown_fields) AS field
    WHERE is_counted
    GROUP BY project_hash, value
