output "archive_bucket" {
  description = "Bucket with every payload as it came."
  value       = google_storage_bucket.archive.name
}

output "dashboard_url" {
  description = "Address of the dashboard, for private_callers; null when mesh.json has none."
  value       = try(google_cloudfunctions2_function.mesh["dashboard"].service_config[0].uri, null)
}

output "dataset" {
  description = "BigQuery dataset with the history."
  value       = google_bigquery_dataset.history.dataset_id
}

output "edge_address" {
  description = "Address that the domain's A record must point at; null without a domain."
  value       = one([for address in google_compute_global_address.edge : address.address])
}

output "endpoint" {
  description = "What a plugin gives the telemetry client as its endpoint."
  value       = var.domain == null ? one([for name in local.public : google_cloudfunctions2_function.mesh[name].service_config[0].uri]) : "https://${var.domain}"
}

output "monitoring_url" {
  description = "Address of the monitoring dashboard in the console."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${reverse(split("/", google_monitoring_dashboard.mesh.id))[0]}?project=${var.project}"
}
