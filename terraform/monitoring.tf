# What is counted in the functions' logs. A test checks that each message is one that the code writes.
resource "google_logging_metric" "log" {
  for_each = local.log_metrics

  name        = "sitebeat_${each.key}"
  description = each.value.description
  filter      = each.value.filter

  value_extractor  = each.value.number == null ? null : "EXTRACT(jsonPayload.${each.value.number})"
  label_extractors = { (each.value.label) = "EXTRACT(${each.value.field})" }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.number == null ? "INT64" : "DISTRIBUTION"
    unit        = "1"

    labels {
      key        = each.value.label
      value_type = "STRING"
    }
  }

  dynamic "bucket_options" {
    for_each = each.value.number[*]

    content {
      # to a million
      exponential_buckets {
        num_finite_buckets = 20
        growth_factor      = 2
        scale              = 1
      }
    }
  }

  depends_on = [google_project_service.api]
}

# A request's line has the sender's address and the User-Agent, which names the site; and at 10 M payloads a day these lines
# would cost more than the compute. Metrics of log lines count what is excluded too.
resource "google_logging_project_exclusion" "requests" {
  for_each = local.request_logs

  name        = "sitebeat-${each.key}"
  description = "Every request to Sitebeat"
  filter      = each.value

  depends_on = [google_project_service.api]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = "Sitebeat: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = local.alerts

  display_name          = "Sitebeat: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter             = each.value.filter
      denominator_filter = each.value.denominator
      comparison         = "COMPARISON_GT"
      threshold_value    = each.value.over
      duration           = each.value.duration

      aggregations {
        alignment_period     = each.value.window
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
        group_by_fields      = each.value.by
      }

      dynamic "denominator_aggregations" {
        for_each = each.value.denominator[*]

        content {
          alignment_period     = each.value.window
          per_series_aligner   = each.value.aligner
          cross_series_reducer = each.value.reducer
          group_by_fields      = each.value.by
        }
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.advice
  }

  depends_on = [google_logging_metric.log, google_project_service.api]
}

# In PromQL, since a threshold on a metric of our own is refused until the metric is some minutes old.
resource "google_monitoring_alert_policy" "query" {
  for_each = local.query_alerts

  display_name          = "Sitebeat: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = each.value.duration
      evaluation_interval       = each.value.every
      disable_metric_validation = true
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = each.value.advice
  }

  depends_on = [google_logging_metric.log]
}

resource "google_monitoring_dashboard" "mesh" {
  dashboard_json = jsonencode({
    displayName = "Sitebeat"
    mosaicLayout = {
      columns = 12
      tiles = [
        for index, chart in local.charts : merge(
          # the API leaves out zeros and empty lists, and a plan would show them as changes for ever
          { for field, value in { xPos = index % 2 * 6, yPos = floor(index / 2) * 4 } : field => value if value > 0 },
          {
            width  = 6
            height = 4
            widget = {
              title = chart.title
              xyChart = {
                dataSets = [{
                  plotType = "LINE"
                  timeSeriesQuery = {
                    timeSeriesFilter = {
                      filter = chart.filter
                      aggregation = merge(
                        { alignmentPeriod = "60s", perSeriesAligner = chart.aligner, crossSeriesReducer = chart.reducer },
                        { for field, value in { groupByFields = chart.by } : field => value if length(value) > 0 },
                      )
                    }
                  }
                }]
              }
            }
        })
      ]
    }
  })

  depends_on = [google_logging_metric.log, google_project_service.api]
}

resource "google_billing_budget" "project" {
  for_each = toset(var.billing_account[*])

  billing_account = each.key
  display_name    = "Sitebeat in ${var.project}"

  budget_filter {
    projects = ["projects/${data.google_project.project.number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1]

    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    # the API takes five
    monitoring_notification_channels = slice(local.email_channels, 0, min(5, length(local.email_channels)))
    disable_default_iam_recipients   = false
  }

  depends_on = [google_project_service.api]
}
