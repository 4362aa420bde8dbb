# Everything, from the mesh and the schemas as they are, on mocked providers. emulators/local/terraform.test.ts reads
# the state that the run `everything` leaves.
mock_provider "archive" {}

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

mock_provider "google-beta" {}

variables {
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
      for table in google_bigquery_table.table :
      contains(["DAY", "MONTH"], table.time_partitioning[0].type) && table.time_partitioning[0].field == "received_at" &&
      table.require_partition_filter && table.deletion_protection && length(table.clustering) > 0
    ])
    error_message = "Every table is partitioned by the day or month of received_at, asks for a partition filter, is clustered and protected."
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
      for member in concat(values(google_cloud_run_v2_service_iam_member.caller), values(google_cloud_run_v2_service_iam_member.private)) :
      member.role == "roles/run.invoker" && !contains(["allUsers", "allAuthenticatedUsers"], member.member)
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
    condition     = toset(keys(google_monitoring_alert_policy.threshold)) == toset(["collect-errors", "dead-letters", "function-errors", "oldest-message"]) && contains(keys(google_monitoring_alert_policy.log), "rebuilt")
    error_message = "Every alert is there."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(google_monitoring_alert_policy.threshold), values(google_monitoring_alert_policy.log)) :
      one(policy.notification_channels) == google_monitoring_notification_channel.email["ops@example.com"].id
    ])
    error_message = "Every alert is sent to somebody."
  }

  assert {
    condition     = strcontains(google_logging_project_exclusion.successes["functions"].filter, "httpRequest.status<300")
    error_message = "Requests that were answered 2xx are not kept."
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
