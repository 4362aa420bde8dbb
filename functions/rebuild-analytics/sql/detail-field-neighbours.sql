UNION ALL
    SELECT 'field', field.key, project_hash, site, field_value, age, leaves
    FROM (
      SELECT project_hash, site, age, leaves, [${custom_field_structs}] AS fields
      FROM sites
      WHERE is_at_risk
    ) AS stating
    CROSS JOIN UNNEST(fields) AS field
    CROSS JOIN UNNEST([field.value, '*']) AS field_value
    WHERE field.value IS NOT NULL
