# The archive: every payload as it came. No rule moves objects to a colder class: for objects of 1.5 KB the move costs
# more than it ever saves.
resource "google_storage_bucket" "archive" {
  name                        = local.archive
  location                    = var.region
  force_destroy               = !var.deletion_protection
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  # what is deleted by mistake can be restored for a week; versions would keep what was erased on request
  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]

    content {
      default_kms_key_name = encryption.value
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.archive_expiry_days[*]

    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

data "google_storage_project_service_account" "storage" {}

resource "google_storage_notification" "objects" {
  bucket         = google_storage_bucket.archive.name
  topic          = google_pubsub_topic.mesh[local.mesh.notificationTopic].id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  # an event is made only once every subscription is there to keep it
  depends_on = [google_pubsub_subscription.push, time_sleep.grants]
}

# What the bundles were made of, and which of that is another thing now.
locals {
  bundles  = coalesce(var.bundles, "${path.module}/../dist")
  built_of = try(jsondecode(file("${local.bundles}/sources.json")), null)
  changed = [
    for file, sha256 in coalesce(local.built_of, {}) : file
    if try(filesha256("${path.module}/../${file}"), "gone") != sha256
  ]
}

# What Cloud Build reads: one archive a function, made from the bundle of `npm run build`.
resource "google_storage_bucket" "bundles" {
  name                        = "${var.project}-sitebeat-bundles"
  location                    = var.region
  force_destroy               = true
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]

    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle {
    precondition {
      condition     = local.built_of != null
      error_message = "There is no ${local.bundles}/sources.json: npm run build makes the bundles."
    }
    precondition {
      condition     = length(local.changed) == 0
      error_message = "The bundles are older than the sources (${join(", ", slice(local.changed, 0, min(3, length(local.changed))))}, …): npm run build makes them anew."
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

data "archive_file" "bundle" {
  for_each = local.functions

  type             = "zip"
  source_dir       = "${local.bundles}/${each.key}"
  output_path      = "${local.bundles}/${each.key}.zip"
  output_file_mode = "0644"
}

# the name carries the content: a function whose bundle is as it was is not deployed again
resource "google_storage_bucket_object" "bundle" {
  for_each = local.functions

  bucket = google_storage_bucket.bundles.name
  name   = "${each.key}/${data.archive_file.bundle[each.key].output_sha256}.zip"
  source = data.archive_file.bundle[each.key].output_path

  lifecycle {
    create_before_destroy = true
  }
}
