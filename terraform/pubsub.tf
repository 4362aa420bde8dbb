# Locally the same topics and subscriptions are made from functions/mesh.ts.
resource "google_pubsub_topic" "mesh" {
  for_each = local.topics

  name         = each.key
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

# Ours, not the function's own event trigger: that one's subscription can have no dead letter, and a redeploy makes it
# anew and loses what waits in it.
resource "google_pubsub_subscription" "push" {
  for_each = local.subscriptions

  name                       = each.key
  topic                      = google_pubsub_topic.mesh[each.value.topic].id
  filter                     = each.value.filter
  ack_deadline_seconds       = each.value.ack_deadline
  message_retention_duration = local.week

  expiration_policy {
    ttl = ""
  }

  push_config {
    # the Functions Framework takes the event's source from this path
    push_endpoint = "${google_cloudfunctions2_function.mesh[each.key].service_config[0].uri}/projects/${var.project}/topics/${each.value.topic}"

    oidc_token {
      service_account_email = google_service_account.caller[each.key].email
      audience              = google_cloudfunctions2_function.mesh[each.key].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.minBackoffSeconds}s"
    maximum_backoff = "${each.value.maxBackoffSeconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letter[each.key].id
    max_delivery_attempts = each.value.maxDeliveryAttempts
  }

  # a message that comes before these would be refused, or could not be dead-lettered
  depends_on = [
    google_cloud_run_v2_service_iam_member.caller,
    google_pubsub_subscription.dead_letter,
    google_pubsub_topic_iam_member.dead_letter,
    google_service_account_iam_member.pubsub,
  ]
}

resource "google_pubsub_topic" "dead_letter" {
  for_each = local.subscriptions

  name         = "${each.key}-dead-letter"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_pubsub_subscription" "dead_letter" {
  for_each = local.subscriptions

  name                       = "${each.key}-dead-letter"
  topic                      = google_pubsub_topic.dead_letter[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = local.week

  expiration_policy {
    ttl = ""
  }
}
