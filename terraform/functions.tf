resource "google_cloudfunctions2_function" "mesh" {
  for_each = local.functions

  name        = each.key
  description = each.value.description
  location    = var.region

  build_config {
    runtime           = "nodejs24"
    entry_point       = each.key
    service_account   = google_service_account.builder.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket_object.bundle[each.key].bucket
        object = google_storage_bucket_object.bundle[each.key].name
      }
    }
  }

  # Cloud Functions turns on the startup CPU boost by itself; it has no argument here
  service_config {
    available_cpu                    = tostring(each.value.cpu)
    available_memory                 = each.value.memory
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.instances.min
    max_instance_count               = each.value.instances.max
    timeout_seconds                  = each.value.timeoutSeconds
    ingress_settings                 = each.value.ingress
    service_account_email            = google_service_account.function[each.key].email
    environment_variables            = each.value.environment
    vpc_connector                    = each.value.vpc_connector
    vpc_connector_egress_settings    = each.value.vpc_connector == null ? null : var.vpc_egress

    dynamic "secret_environment_variables" {
      for_each = each.value.secrets

      content {
        key        = secret_environment_variables.key
        project_id = var.project
        secret     = google_secret_manager_secret.secret[secret_environment_variables.value].secret_id
        version    = google_secret_manager_secret_version.secret[secret_environment_variables.value].version
      }
    }
  }

  lifecycle {
    precondition {
      condition     = local.mongodb_connections <= var.mongodb_connection_budget
      error_message = "The functions could open ${local.mongodb_connections} connections to one MongoDB server, more than mongodb_connection_budget (${var.mongodb_connection_budget}). Raise the budget to what the server allows, or lower mongodb_pool_size or the instances in functions/mesh.json."
    }

    precondition {
      condition     = each.value.cpu * each.value.instances.max <= var.vcpu_quota
      error_message = "${each.key} may grow to ${each.value.instances.max} instances of ${each.value.cpu} vCPU, and Cloud Run refuses what the quota of the region (vcpu_quota, ${var.vcpu_quota}) does not cover. Lower instance_limit_factor, or have the quota raised and say so in vcpu_quota."
    }
  }

  depends_on = [
    google_bigquery_table.table,
    google_project_service.api,
    time_sleep.grants,
  ]
}

# A build starts at once, and reads, writes and logs by grants that Google takes up to a minute to spread; so do the check of
# a function's secrets and the first publish to the topic.
resource "time_sleep" "grants" {
  create_duration = "60s"

  # once more for each builder and each function that is new
  triggers = {
    builder   = google_service_account.builder.unique_id
    functions = join(" ", keys(local.functions))
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.builder,
    google_project_iam_member.builder,
    google_project_iam_member.builder_sources,
    google_project_service_identity.agent,
    google_pubsub_topic_iam_member.storage,
    google_secret_manager_secret_iam_member.function,
    google_storage_bucket_iam_member.builder,
  ]
}

resource "google_artifact_registry_repository" "functions" {
  repository_id = "sitebeat-functions"
  description   = "Images that Cloud Build makes of the bundles"
  location      = var.region
  format        = "DOCKER"
  kms_key_name  = var.kms_key

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}
