resource "google_cloud_scheduler_job" "mesh" {
  for_each = local.scheduled

  name             = each.key
  description      = each.value.description
  region           = var.region
  schedule         = each.value.trigger.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "${max(15, min(each.value.timeoutSeconds, 1800))}s"

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.mesh[each.key].service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.caller[each.key].email
      audience              = google_cloudfunctions2_function.mesh[each.key].service_config[0].uri
    }
  }

  retry_config {
    retry_count          = 3
    min_backoff_duration = "60s"
    max_backoff_duration = "600s"
  }

  depends_on = [google_cloud_run_v2_service_iam_member.caller]
}
