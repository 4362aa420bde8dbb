# Everything, from the mesh and the schemas as they are, on mocked providers. emulators/local/terraform.test.ts reads
# the state that the run `everything` leaves.
mock_provider "archive" {
  mock_data "archive_file" {
    defaults = { output_sha256 = "0123456789abcdef" }
  }
}

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

mock_provider "google-beta" {}

mock_provider "time" {}

variables {
  bundles         = "tests/built"
  project         = "demo-project"
  mongodb_uri     = "mongodb://db.example:27017/sitebeat"
  mail_api_url    = "https://mail.example/v1"
  mail_api_secret = "a secret"
  private_callers = ["group:team@example.com"]
  alert_emails    = ["ops@example.com"]
}

run "everything" {
  assert {
    condition     = toset(keys(google_cloudfunctions2_function.mesh)) == toset([for function in jsondecode(file("../functions/mesh.json")).functions : function.name])
    error_message = "Every function of mesh.json exists, and no other."
  }

  assert {
    condition     = toset(keys(google_bigquery_table.table)) == toset([for file in fileset("../schemas/bigquery", "*.json") : trimsuffix(file, ".json")])
    error_message = "Every table of schemas/bigquery exists, and no other."
  }

  assert {
    condition = alltrue([
      for name, table in google_bigquery_table.table :
      (name == "site_lives" ? length(table.time_partitioning) == 0 :
        contains(["DAY", "MONTH"], table.time_partitioning[0].type) && contains(["received_at", "day"], table.time_partitioning[0].field) &&
      table.require_partition_filter) && table.deletion_protection && length(table.clustering) > 0
    ])
    error_message = "Every table but site_lives, which is read whole, is partitioned by time and asks for a partition filter; all are clustered and protected."
  }

  assert {
    condition     = toset(keys(google_bigquery_table.view)) == toset([for file in fileset("../schemas/bigquery/views", "*.sql") : trimsuffix(file, ".sql")])
    error_message = "Every view of schemas/bigquery/views exists, and no other."
  }

  assert {
    condition = alltrue([
      for name, view in google_bigquery_table.view :
      strcontains(view.view[0].query, "`demo-project.sitebeat.${trimsuffix(name, "_unique")}`") && !strcontains(view.view[0].query, "$${")
    ])
    error_message = "A view names its table with the project."
  }

  assert {
    condition     = [for member in google_cloud_run_v2_service_iam_member.public : member.name] == ["collect"]
    error_message = "Only collect is open to all."
  }

  assert {
    condition = alltrue([
      for grant in concat(
        [for caller in google_cloud_run_v2_service_iam_member.caller : { role = caller.role, members = [caller.member] }],
        [for private in google_cloud_run_v2_service_iam_binding.private : { role = private.role, members = private.members }],
      ) :
      grant.role == "roles/run.invoker" && length(setintersection(grant.members, ["allUsers", "allAuthenticatedUsers"])) == 0
    ])
    error_message = "Every other function is called by named identities only."
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      google_cloudfunctions2_function.mesh[function.name].service_config[0].ingress_settings == (can(function.trigger.http) ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY")
    ])
    error_message = "Functions that Pub/Sub or Cloud Scheduler calls take no traffic from outside the project."
  }

  assert {
    condition     = length(distinct([for function in google_cloudfunctions2_function.mesh : function.service_config[0].service_account_email])) == length(google_cloudfunctions2_function.mesh)
    error_message = "Every function runs as an identity of its own."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.mesh :
      function.build_config[0].runtime == "nodejs24" && function.build_config[0].entry_point == name &&
      function.build_config[0].service_account == google_service_account.builder.id &&
      function.build_config[0].source[0].storage_source[0].object == "${name}/${data.archive_file.bundle[name].output_sha256}.zip"
    ])
    error_message = "A function is built from the bundle of its name, whose object names its content."
  }

  assert {
    condition = alltrue([
      for name, subscription in google_pubsub_subscription.push :
      subscription.push_config[0].push_endpoint == "${google_cloudfunctions2_function.mesh[name].service_config[0].uri}/projects/demo-project/topics/${reverse(split("/", local.subscriptions[name].topic))[0]}" &&
      subscription.push_config[0].oidc_token[0].audience == google_cloudfunctions2_function.mesh[name].service_config[0].uri &&
      subscription.push_config[0].oidc_token[0].service_account_email == google_service_account.caller[name].email
    ])
    error_message = "Every push goes to its own function, as the identity that may call it."
  }

  assert {
    condition = alltrue([
      for name, subscription in google_pubsub_subscription.push :
      subscription.message_retention_duration == "604800s" && subscription.expiration_policy[0].ttl == "" &&
      length(subscription.retry_policy) == 1 && subscription.dead_letter_policy[0].dead_letter_topic == google_pubsub_topic.dead_letter[name].id
    ])
    error_message = "Every push subscription keeps for seven days, never expires, retries, and has its own dead letter."
  }

  assert {
    condition = alltrue([
      for name, subscription in google_pubsub_subscription.dead_letter :
      subscription.topic == google_pubsub_topic.dead_letter[name].id && length(subscription.push_config) == 0 &&
      subscription.message_retention_duration == "604800s" && subscription.expiration_policy[0].ttl == ""
    ]) && keys(google_pubsub_subscription.dead_letter) == keys(google_pubsub_subscription.push)
    error_message = "Every dead letter has a pull subscription that keeps for seven days and never expires."
  }

  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.mesh :
      length(job.http_target[0].oidc_token) == 1 && length(job.retry_config) == 1 && job.time_zone == "Etc/UTC" &&
      tonumber(trimsuffix(job.attempt_deadline, "s")) <= 1800
    ])
    error_message = "Every scheduled call has an identity, is retried, and ends within Cloud Scheduler's half hour."
  }

  assert {
    condition = alltrue([
      for bucket in [google_storage_bucket.archive, google_storage_bucket.bundles] :
      bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced"
    ])
    error_message = "No bucket can be opened to the public."
  }

  assert {
    condition     = !google_storage_bucket.archive.force_destroy && length(google_storage_bucket.archive.lifecycle_rule) == 0 && google_storage_bucket.archive.soft_delete_policy[0].retention_duration_seconds == 604800
    error_message = "By default the archive keeps everything, in one class, and what is deleted can be restored for a week."
  }

  assert {
    condition     = google_storage_notification.objects.topic == google_pubsub_topic.mesh["objects"].id && google_storage_notification.objects.event_types == toset(["OBJECT_FINALIZE"])
    error_message = "The archive tells of finalized objects."
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      join(" ", sort(google_cloudfunctions2_function.mesh[function.name].service_config[0].secret_environment_variables[*].key))
      == join(" ", compact([contains(function.access, "mail") ? "MAIL_API_SECRET" : "", contains(function.access, "mongodb") ? "MONGODB_URI" : ""]))
    ])
    error_message = "A function gets the secrets that its access names, and no other."
  }

  assert {
    condition = alltrue(flatten([
      for function in google_cloudfunctions2_function.mesh : [
        for value in values(function.service_config[0].environment_variables) : !strcontains(value, "mongodb://") && !strcontains(value, "a secret")
      ]
    ]))
    error_message = "No secret stands in an environment variable."
  }

  assert {
    condition     = alltrue([for version in google_secret_manager_secret_version.secret : version.secret_data == null && version.secret_data_wo == null])
    error_message = "No secret is kept in state."
  }

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.threshold)) == toset(["collect-errors", "dead-letters", "function-errors", "oldest-message"]) && length(setsubtract(["over_rate", "rebuilt", "refused", "rejected", "shed", "silent", "unusual_posts", "unusual_sites"], keys(google_monitoring_alert_policy.query))) == 0
    error_message = "Every alert is there."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.threshold), values(google_monitoring_alert_policy.query)) :
      one(policy.notification_channels) == google_monitoring_notification_channel.email["ops@example.com"].id
    ])
    error_message = "Every alert is sent to somebody."
  }

  assert {
    condition     = strcontains(google_logging_project_exclusion.requests["functions"].filter, "run.googleapis.com/requests") && !strcontains(google_logging_project_exclusion.requests["functions"].filter, "status")
    error_message = "No request is logged, whatever its answer: the line has the sender's address."
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      strcontains(google_logging_project_exclusion.requests["functions"].filter, "\"${function.name}\"")
    ])
    error_message = "The exclusion of requests names our functions, and only them."
  }

  assert {
    condition = (
      strcontains(google_logging_metric.log["refused"].filter, "httpRequest.status=403 OR httpRequest.status=429 OR httpRequest.status>=500") &&
      strcontains(google_logging_metric.log["refused"].filter, "resource.labels.service_name=(\"collect\")") &&
      google_logging_metric.log["refused"].label_extractors == tomap({ status = "EXTRACT(httpRequest.status)" })
    )
    error_message = "What Cloud Run refuses before collect sees it is counted, by status."
  }

  assert {
    condition = alltrue([
      for policy in google_monitoring_alert_policy.query : !strcontains(policy.conditions[0].condition_prometheus_query_language[0].query, "increase(logging_googleapis_com:user_sitebeat_rebuilt")
    ]) && strcontains(google_monitoring_alert_policy.query["rebuilt"].conditions[0].condition_prometheus_query_language[0].query, "absent_over_time(")
    error_message = "What comes once an hour is looked for by its absence."
  }

  assert {
    condition     = !strcontains(local.failures.public, "501") && !strcontains(local.failures.public, "5xx")
    error_message = "501, the answer to licence calls, is no lost payload."
  }

  assert {
    condition     = !can(regex(":(0|\\[\\]|\"\"|null|\\{\\})[,}]", google_monitoring_dashboard.mesh.dashboard_json))
    error_message = "The dashboard has no zero, nothing empty: the API leaves them out, and each plan would show a change."
  }

  assert {
    condition     = time_sleep.grants.create_duration == "60s"
    error_message = "Grants get the time to spread before the first build."
  }

  assert {
    condition     = length(setsubtract([for name in ["cloudfunctions", "cloudscheduler", "pubsub", "run"] : "${name}.googleapis.com"], keys(google_project_service_identity.agent))) == 0
    error_message = "Google's agents are there before they are named."
  }

  assert {
    condition     = length(google_kms_crypto_key_iam_member.agent) == 0 && google_pubsub_topic.mesh["objects"].kms_key_name == null && length(google_storage_bucket.archive.encryption) == 0
    error_message = "Without kms_key the keys are Google's."
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      try(google_cloudfunctions2_function.mesh[function.name].service_config[0].environment_variables.BIGQUERY_MAX_GIB_BILLED, null) == (anytrue([for word in function.access : startswith(word, "history.read:")]) ? "256" : null)
    ])
    error_message = "A function that asks BigQuery has a limit of what a query may be billed for."
  }

  # whoever may insert rows and run jobs may write over the whole table
  assert {
    condition = toset([
      for grant in google_bigquery_table_iam_member.function : "${grant.member} ${grant.table_id}"
      if !contains(["roles/bigquery.dataViewer", "roles/bigquery.dataEditor"], grant.role) &&
      contains([for asker in google_project_iam_member.function : asker.member if asker.role == "roles/bigquery.jobUser"], grant.member)
    ]) == toset(["${google_service_account.function["reconcile"].member} reconciliations"])
    error_message = "Nobody who can ask queries writes to the history or the audit, but reconcile its own counts."
  }

  assert {
    condition = (
      toset(google_project_iam_custom_role.history_appender.permissions) == toset(["bigquery.tables.get", "bigquery.tables.updateData"]) &&
      toset([for grant in google_bigquery_dataset_iam_member.function : grant.role]) == toset(["roles/bigquery.metadataViewer"])
    )
    error_message = "On the dataset nobody has a right to rows."
  }

  assert {
    condition     = output.endpoint == google_cloudfunctions2_function.mesh["collect"].service_config[0].uri && output.edge_address == null
    error_message = "Without a domain the endpoint is collect's own."
  }

  assert {
    condition     = length(google_compute_backend_service.edge) == 0 && length(google_compute_security_policy.edge) == 0 && length(google_billing_budget.project) == 0
    error_message = "Load balancer, Cloud Armor and budget are off by default."
  }
}

# Nothing but what somebody changed may stand in a plan: emulators/local/terraform.test.ts reads these two.
run "again" {
  command = plan
}

run "a_function_made_anew" {
  command = plan

  plan_options {
    replace = [google_cloudfunctions2_function.mesh["collect"]]
  }
}
