# What the variables change, and what they refuse.
mock_provider "archive" {}
mock_provider "google" {}
mock_provider "google-beta" {}

variables {
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
    private_callers       = ["allUsers"]
    alert_emails          = ["nobody"]
    notification_channels = ["slack"]
    mail_api_url          = "http://mail.example"
    secrets_revision      = 0
    vpc_connector         = "mine"
  }

  expect_failures = [
    var.project, var.region, var.scale, var.log_level, var.domain, var.archive_expiry_days,
    var.billing_account, var.mongodb_uri, var.mongodb_pool_size, var.monthly_budget, var.private_callers, var.alert_emails,
    var.notification_channels, var.mail_api_url, var.secrets_revision, var.vpc_connector,
  ]
}

run "values_that_need_others" {
  command = plan

  variables {
    rate_limit_per_minute = 600
    mail_api_url          = "https://mail.example/v1"
  }

  expect_failures = [var.rate_limit_per_minute, var.mail_api_secret]
}
