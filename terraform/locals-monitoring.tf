# What monitoring.tf watches: log lines, metrics and charts.
locals {
  email_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  channels = concat(var.notification_channels, [for channel in google_monitoring_notification_channel.email : channel.id])

  # of: the function that writes the line; null: several do
  log_lines = {
    failed      = { of = null, message = "failed, will be retried", only = null, description = "Deliveries of an event that failed and come again" }
    not_stored  = { of = "collect", message = "not stored", only = null, description = "Payloads that collect could not store" }
    rebuilt     = { of = "rebuild-analytics", message = "rebuilt", only = null, description = "Rebuilds of the charts" }
    not_rebuilt = { of = "rebuild-analytics", message = "not rebuilt", only = null, description = "Rebuilds of the charts that failed" }
    missing     = { of = "reconcile", message = "reconciled", only = "jsonPayload.missing>0", description = "Reconciliations that found an event missing" }
  }
  log_metrics = {
    for name, line in local.log_lines : name => {
      description = line.description
      filter = join(" AND ", compact([
        "resource.type=\"cloud_run_revision\"",
        line.of == null ? null : "jsonPayload.function=\"${line.of}\"",
        "jsonPayload.message=\"${line.message}\"",
        line.only,
      ]))
    }
    if line.of == null ? true : contains(keys(local.functions), line.of)
  }
  log_metric = {
    for name, _ in local.log_metrics :
    name => "metric.type=\"logging.googleapis.com/user/sitebeat_${name}\" AND resource.type=\"cloud_run_revision\""
  }

  log_exclusions = merge(
    {
      functions = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [for name in keys(local.functions) : "\"${name}\""])}) AND log_id(\"run.googleapis.com/requests\") AND httpRequest.status>=200 AND httpRequest.status<300"
    },
    var.domain == null ? {} : {
      edge = "resource.type=\"http_load_balancer\" AND httpRequest.status>=200 AND httpRequest.status<300"
    },
  )
}

locals {
  one_of = {
    public       = join(", ", [for name in local.public : "\"${name}\""])
    others       = join(", ", [for name in setsubtract(keys(local.functions), local.public) : "\"${name}\""])
    pushed       = join(", ", [for name in keys(local.subscriptions) : "\"${name}\""])
    dead_letters = join(", ", [for name in keys(local.subscriptions) : "\"${name}-dead-letter\""])
  }
  requests = {
    for who in ["public", "others"] :
    who => "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=one_of(${local.one_of[who]})"
  }
  latencies = replace(local.requests.public, "request_count", "request_latencies")
  failures  = { for who, filter in local.requests : who => "${filter} AND metric.labels.response_code_class=\"5xx\"" }
  age       = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=one_of(${local.one_of.pushed})"
  backlog   = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=one_of(${local.one_of.pushed})"
  dead      = replace(local.backlog, local.one_of.pushed, local.one_of.dead_letters)

  by_service      = ["resource.labels.service_name"]
  by_subscription = ["resource.labels.subscription_id"]

  alerts = {
    collect-errors = {
      title       = "collect answers 5xx"
      severity    = "CRITICAL"
      filter      = local.failures.public
      denominator = local.requests.public
      aligner     = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = local.by_service, window = "300s"
      over        = 0.01, duration = "0s"
      advice      = "More than 1 % of the payloads of five minutes were answered 5xx. Clients never send again: each is lost. Look for `not stored` in collect's logs, and at the archive's bucket."
    }
    function-errors = {
      title       = "a function fails"
      severity    = "WARNING"
      filter      = local.failures.others
      denominator = local.requests.others
      aligner     = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = local.by_service, window = "900s"
      over        = 0.05, duration = "0s"
      advice      = "More than 5 % of a function's calls of a quarter of an hour failed. Nothing is lost yet: Pub/Sub sends again until the dead letter. `error` in the lines `failed, will be retried` names the cause."
    }
    oldest-message = {
      title       = "events wait"
      severity    = "WARNING"
      filter      = local.age
      denominator = null
      aligner     = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription, window = "60s"
      over        = 1800, duration = "300s"
      advice      = "An event has waited for more than half an hour. Is the function failing, at its most instances, or MongoDB or BigQuery down? After seven days an event is dropped."
    }
    dead-letters = {
      title       = "dead letters"
      severity    = "ERROR"
      filter      = local.dead
      denominator = null
      aligner     = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription, window = "300s"
      over        = 0, duration = "0s"
      advice      = "Events were given up after every try. They are kept for seven days: mend the cause, then publish them to their topic again (`gcloud pubsub subscriptions pull F-dead-letter`)."
    }
  }

  log_alerts = {
    for name, alert in {
      missing = {
        title    = "events are missing from the history"
        severity = "ERROR"
        query    = "sum(increase(logging_googleapis_com:user_sitebeat_missing{monitored_resource=\"cloud_run_revision\"}[1h])) > 0"
        duration = "0s"
        advice   = "reconcile found objects in the archive that are in no history, and published them again. Once is a delay; again and again is a fault of process-event."
      }
      # none in 50 minutes, for 70 minutes: two hours without, and a new project has an hour for its first
      rebuilt = {
        title    = "no rebuild in two hours"
        severity = "WARNING"
        query    = "(sum(increase(logging_googleapis_com:user_sitebeat_rebuilt{monitored_resource=\"cloud_run_revision\"}[50m])) or vector(0)) == 0"
        duration = "4200s"
        advice   = "The charts are older than two hours. Look at the logs of rebuild-analytics and at its Cloud Scheduler job."
      }
    } : name => alert if contains(keys(local.log_metrics), name)
  }

  charts = concat(
    [
      { title = "collect: requests by answer, 1/s", filter = local.requests.public, aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = ["metric.labels.response_code_class"] },
      { title = "collect: 95th percentile of latency, ms", filter = local.latencies, aligner = "ALIGN_PERCENTILE_95", reducer = "REDUCE_MAX", by = [] },
      { title = "Functions: calls, 1/s", filter = local.requests.others, aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = local.by_service },
      { title = "Functions: failed calls, 1/s", filter = local.failures.others, aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = local.by_service },
      { title = "Events that wait", filter = local.backlog, aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription },
      { title = "Oldest event that waits, s", filter = local.age, aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription },
      { title = "Dead letters", filter = local.dead, aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription },
    ],
    [
      for name, filter in local.log_metric :
      { title = local.log_metrics[name].description, filter = filter, aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = ["metric.labels.function"] }
    ],
  )
}
