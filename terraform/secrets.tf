resource "google_secret_manager_secret" "secret" {
  for_each = local.secrets

  secret_id = each.key

  # the data stays in the region
  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]

          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_secret_manager_secret_version" "secret" {
  for_each = local.secrets

  secret                 = google_secret_manager_secret.secret[each.key].id
  secret_data_wo         = local.secret_values[each.key]
  secret_data_wo_version = var.secrets_revision

  # instances of the old revision still start with the old version
  lifecycle {
    create_before_destroy = true
  }
}
