plugins,
      custom_fields,
      unknown_fields,
