# What the variables change, and what they refuse.
mock_provider "archive" {}
mock_provider "google" {}
mock_provider "google-beta" {}
mock_provider "time" {}

variables {
  bundles     = "tests/built"
  project     = "demo-project"
  mongodb_uri = "mongodb://db.example:27017/sitebeat"
}

run "small" {
  command = plan

  assert {
    condition = alltrue([
      for function in google_cloudfunctions2_function.mesh :
      function.service_config[0].max_instance_request_concurrency == 1 && tonumber(function.service_config[0].available_cpu) < 1
    ])
    error_message = "small: a part of a vCPU, which Cloud Run gives to one request at a time only."
  }

  assert {
    condition     = google_cloudfunctions2_function.mesh["collect"].service_config[0].environment_variables.FORWARDED_HOPS == "1"
    error_message = "Cloud Run alone adds one address to X-Forwarded-For."
  }

  assert {
    condition     = alltrue([for function in jsondecode(file("../functions/mesh.json")).functions : !contains(keys(google_cloudfunctions2_function.mesh), function.name) if contains(function.access, "mail")])
    error_message = "Without a mail API no function that mails is made."
  }
}

run "large_behind_a_domain" {
  command = plan

  variables {
    scale                 = "large"
    domain                = "insights.example.com"
    rate_limit_per_minute = 600
    archive_expiry_days   = 400
    billing_account       = "012345-6789AB-CDEF01"
    deletion_protection   = false
    vpc_connector         = "projects/demo-project/locations/us-central1/connectors/mongodb"
    vpc_egress            = "PRIVATE_RANGES_ONLY"
    instance_limit_factor = 0.5
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      (google_cloudfunctions2_function.mesh[function.name].service_config[0].vpc_connector != null) == contains(function.access, "mongodb")
      if !contains(function.access, "mail")
    ])
    error_message = "Functions that reach MongoDB, and no other, go through the connector."
  }

  assert {
    condition = alltrue([
      for function in google_cloudfunctions2_function.mesh :
      function.service_config[0].vpc_connector == null || function.service_config[0].vpc_connector_egress_settings == "PRIVATE_RANGES_ONLY"
    ])
    error_message = "What goes through the connector can be told."
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      google_cloudfunctions2_function.mesh[function.name].service_config[0].max_instance_count == max(1, ceil(function.instances.max / 2))
      if !contains(function.access, "mail")
    ])
    error_message = "One variable scales every limit of instances."
  }

  assert {
    condition     = google_logging_project_exclusion.requests["edge"].filter == "resource.type=\"http_load_balancer\" AND resource.labels.url_map_name=(\"sitebeat-collect\")"
    error_message = "What is excluded of load balancers is ours alone."
  }

  assert {
    condition     = !google_compute_backend_service.edge["collect"].log_config[0].enable && strcontains(google_monitoring_alert_policy.query["refused"].conditions[0].condition_prometheus_query_language[0].query, "url_map_name=~\"sitebeat-collect\"")
    error_message = "The load balancer writes no line of a request; what it refuses is counted by its metrics."
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      google_cloudfunctions2_function.mesh[function.name].service_config[0].max_instance_request_concurrency == function.concurrency &&
      google_cloudfunctions2_function.mesh[function.name].service_config[0].available_cpu == "1"
      if !contains(function.access, "mail")
    ])
    error_message = "large: a vCPU and the concurrency of mesh.json."
  }

  assert {
    condition     = google_cloudfunctions2_function.mesh["collect"].service_config[0].ingress_settings == "ALLOW_INTERNAL_AND_GCLB" && google_cloudfunctions2_function.mesh["collect"].service_config[0].environment_variables.FORWARDED_HOPS == "2"
    error_message = "Behind the load balancer collect cannot be reached past it, and the client's is the last address but one."
  }

  assert {
    condition     = output.endpoint == "https://insights.example.com" && google_compute_managed_ssl_certificate.edge["collect"].managed[0].domains[0] == "insights.example.com"
    error_message = "The endpoint is the domain."
  }

  assert {
    condition     = anytrue([for rule in google_compute_security_policy.edge[0].rule : rule.action == "throttle" && try(rule.rate_limit_options[0].rate_limit_threshold[0].count, 0) == 600])
    error_message = "Cloud Armor throttles an address."
  }

  assert {
    condition     = one(google_storage_bucket.archive.lifecycle_rule[*].action) != null && google_storage_bucket.archive.force_destroy && !google_bigquery_table.table["sites"].deletion_protection
    error_message = "Expiry by age deletes; without protection everything can be destroyed."
  }

  assert {
    condition     = google_billing_budget.project["012345-6789AB-CDEF01"].amount[0].specified_amount[0].units == "100"
    error_message = "With a billing account there is a budget."
  }
}

run "dashboard_for_named_members" {
  command = plan

  variables {
    private_callers  = ["group:team@example.com"]
    dashboard_admins = ["jane@example.com", "joe@example.com"]
  }

  assert {
    condition = (
      google_cloudfunctions2_function.mesh["dashboard"].service_config[0].environment_variables["DASHBOARD_IDENTITY"] == "cloud-run" &&
      google_cloudfunctions2_function.mesh["dashboard"].service_config[0].environment_variables["DASHBOARD_ADMINS"] == "jane@example.com,joe@example.com" &&
      google_cloud_run_v2_service_iam_binding.private["dashboard"].members == toset(["group:team@example.com"])
    )
    error_message = "Cloud Run lets named members through, and says who they are."
  }

  assert {
    condition     = length(google_iap_web_cloud_run_service_iam_binding.private) == 0
    error_message = "There is no proxy unless it is asked for."
  }
}

run "dashboard_behind_the_proxy" {
  command = plan

  variables {
    private_callers = ["group:team@example.com"]
    dashboard_iap   = true
  }

  assert {
    condition = (
      google_cloudfunctions2_function.mesh["dashboard"].service_config[0].environment_variables["DASHBOARD_IDENTITY"] == "iap" &&
      google_cloudfunctions2_function.mesh["dashboard"].service_config[0].environment_variables["DASHBOARD_IAP_AUDIENCE"] == "/projects/${data.google_project.project.number}/locations/us-central1/services/dashboard"
    )
    error_message = "It takes the proxy's word alone, and only what was said for this service."
  }

  assert {
    condition = (
      google_cloud_run_v2_service_iam_binding.private["dashboard"].members == toset(["serviceAccount:service-${data.google_project.project.number}@gcp-sa-iap.iam.gserviceaccount.com"]) &&
      google_iap_web_cloud_run_service_iam_binding.private["dashboard"].members == toset(["group:team@example.com"])
    )
    error_message = "The proxy alone may call it, and lets named members through."
  }
}

run "more_connections_than_mongodb_takes" {
  command = plan

  variables {
    mongodb_connection_budget = 50
  }

  expect_failures = [google_cloudfunctions2_function.mesh]
}

run "wrong_values" {
  command = plan

  variables {
    project               = "Demo"
    region                = "EU"
    scale                 = "huge"
    log_level             = "TRACE"
    domain                = "https://insights.example.com"
    archive_expiry_days   = 1
    billing_account       = "mine"
    mongodb_uri           = "mongodb://db.example:27017"
    mongodb_pool_size     = 0.5
    monthly_budget        = 0
    dashboard_admins      = ["jane"]
    private_callers       = ["allUsers"]
    alert_emails          = ["nobody"]
    notification_channels = ["slack"]
    mail_api_url          = "http://mail.example"
    secrets_revision      = 0
    vpc_connector         = "mine"
    vpc_egress            = "NONE"
    instance_limit_factor = 0
    public_access         = "everybody"
    query_gib_limit       = 0
    vcpu_quota            = 0
  }

  expect_failures = [
    var.project, var.region, var.scale, var.log_level, var.domain, var.archive_expiry_days,
    var.billing_account, var.mongodb_uri, var.mongodb_pool_size, var.monthly_budget, var.dashboard_admins, var.private_callers, var.alert_emails,
    var.notification_channels, var.mail_api_url, var.secrets_revision, var.vpc_connector,
    var.vpc_egress, var.instance_limit_factor, var.public_access, var.query_gib_limit, var.vcpu_quota,
  ]
}

run "values_that_need_others" {
  command = plan

  variables {
    rate_limit_per_minute = 600
    mail_api_url          = "https://mail.example/v1"
    kms_key               = "projects/p/locations/europe-west1/keyRings/k/cryptoKeys/c"
  }

  expect_failures = [var.rate_limit_per_minute, var.mail_api_secret, var.kms_key]
}

run "more_instances_than_the_quota_covers" {
  command = plan

  variables {
    scale      = "large"
    vcpu_quota = 10
  }

  expect_failures = [google_cloudfunctions2_function.mesh]
}

run "own_key_and_higher_limits_where_all_users_is_forbidden" {
  command = plan

  variables {
    instance_limit_factor     = 2
    mongodb_connection_budget = 5000
    public_access             = "no_invoker_check"
    kms_key                   = "projects/demo-project/locations/us-central1/keyRings/sitebeat/cryptoKeys/data"
  }

  assert {
    condition = alltrue([
      for function in jsondecode(file("../functions/mesh.json")).functions :
      google_cloudfunctions2_function.mesh[function.name].service_config[0].max_instance_count == (function.instances.max == 1 ? 1 : 2 * function.instances.max)
      if !contains(function.access, "mail")
    ])
    error_message = "A function that may have one instance has one, whatever the factor."
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.public) == 0
    error_message = "No grant to allUsers is tried."
  }

  assert {
    condition = alltrue([
      for key in concat(
        [for bucket in [google_storage_bucket.archive, google_storage_bucket.bundles] : bucket.encryption[0].default_kms_key_name],
        [for topic in concat(values(google_pubsub_topic.mesh), values(google_pubsub_topic.dead_letter)) : topic.kms_key_name],
        [for secret in google_secret_manager_secret.secret : secret.replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name],
        [google_bigquery_dataset.history.default_encryption_configuration[0].kms_key_name, google_artifact_registry_repository.functions.kms_key_name],
      ) : key == var.kms_key
    ])
    error_message = "All that keeps data is encrypted with the key."
  }

  assert {
    condition     = toset(keys(google_kms_crypto_key_iam_member.agent)) == toset(["artifactregistry", "bigquery", "pubsub", "secretmanager", "storage"]) && alltrue([for grant in google_kms_crypto_key_iam_member.agent : grant.role == "roles/cloudkms.cryptoKeyEncrypterDecrypter" && grant.crypto_key_id == var.kms_key])
    error_message = "Google's agents of these stores, and nobody else, may use the key."
  }
}

run "bundles_older_than_their_sources" {
  command = plan

  variables {
    bundles = "tests/outdated"
  }

  expect_failures = [google_storage_bucket.bundles]
}

run "bundles_never_made" {
  command = plan

  variables {
    bundles = "tests/nowhere"
  }

  expect_failures = [google_storage_bucket.bundles]
}
