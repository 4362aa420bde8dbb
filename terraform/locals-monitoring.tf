# What monitoring.tf watches: log lines, metrics and charts.
locals {
  email_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  channels = concat(var.notification_channels, [for channel in google_monitoring_notification_channel.email : channel.id])

  # of: the function that writes the line; null: several do
  log_lines = {
    rejected    = { of = null, message = "rejected", only = null, description = "Events that are in no history, for a reason in rejections" }
    failed      = { of = null, message = "failed, will be retried", only = null, description = "Deliveries of an event that failed and come again" }
    not_stored  = { of = "collect", message = "not stored", only = null, description = "Payloads that collect could not store" }
    rebuilt     = { of = "rebuild-analytics", message = "rebuilt", only = null, description = "Rebuilds of the charts" }
    not_rebuilt = { of = "rebuild-analytics", message = "not rebuilt", only = null, description = "Rebuilds of the charts that failed" }
    unsure      = { of = "rebuild-analytics", message = "figures unsure", only = null, description = "Projects whose figures and sites disagree on how many are active" }
    kept        = { of = "rebuild-analytics", message = "figures kept", only = null, description = "Projects whose figures failed, so that they keep their last ones" }
    mail_waits  = { of = "sweep", message = "mail requests wait for the cap", only = null, description = "Sweeps that left requests to mail lists waiting for a project's cap" }
    missing     = { of = "reconcile", message = "reconciled", only = "jsonPayload.missing>0", description = "Reconciliations that found an event missing" }
  }
  # A line a minute and an instance, of which a number is kept; lines in which it is 0 tell nothing.
  log_values = {
    shed                 = { of = "collect", message = "traffic", number = "shed", description = "Payloads that collect had no room for" }
    over_rate            = { of = "collect", message = "traffic", number = "overRate", description = "Payloads of networks beyond their share of a minute" }
    posts_of_network     = { of = "collect", message = "traffic", number = "mostOfOneNetwork", description = "Payloads of the busiest network" }
    posts_of_project     = { of = "collect", message = "traffic", number = "mostOfOneProject", description = "Payloads of the busiest project" }
    new_sites            = { of = "process-event", message = "new sites", number = "sites", description = "Sites that became known" }
    new_sites_of_network = { of = "process-event", message = "new sites", number = "mostOfOneNetwork", description = "New sites of the network with most" }
    new_sites_of_project = { of = "process-event", message = "new sites", number = "mostOfOneProject", description = "New sites of the project with most" }
  }
  line_metrics = {
    for name, line in merge(
      { for name, line in local.log_lines : name => merge(line, { number = null }) },
      { for name, value in local.log_values : name => merge(value, { only = "jsonPayload.${value.number}>0" }) },
      ) : name => {
      description = line.description
      label       = "function"
      field       = "jsonPayload.function"
      number      = line.number
      filter = join(" AND ", compact([
        "resource.type=\"cloud_run_revision\"",
        line.of == null ? null : "jsonPayload.function=\"${line.of}\"",
        "jsonPayload.message=\"${line.message}\"",
        line.only,
      ]))
    }
    if line.of == null ? true : contains(keys(local.functions), line.of)
  }
  # run.googleapis.com/request_count leaves out what reached no instance: 429 at the most instances, 403 without the grant
  # to allUsers. 501 is collect's answer to what is no payload.
  request_metrics = {
    refused = {
      description = "Payloads that were refused, by Cloud Run or by collect, by status"
      label       = "status"
      field       = "httpRequest.status"
      number      = null
      filter = join(" AND ", [
        "resource.type=\"cloud_run_revision\"",
        "resource.labels.service_name=(${local.any_of.public})",
        "log_id(\"run.googleapis.com/requests\")",
        "(httpRequest.status=403 OR httpRequest.status=429 OR httpRequest.status>=500)",
        "httpRequest.status!=501",
      ])
    }
  }
  log_metrics = merge(local.line_metrics, local.request_metrics)
  log_metric = {
    for name, _ in local.log_metrics :
    name => "metric.type=\"logging.googleapis.com/user/sitebeat_${name}\" AND resource.type=\"cloud_run_revision\""
  }

  any_of = {
    public    = join(" OR ", [for name in local.public : "\"${name}\""])
    functions = join(" OR ", [for name in keys(local.functions) : "\"${name}\""])
    edge      = join(" OR ", [for name in local.edge : "\"sitebeat-${name}\""])
  }
  # the load balancer's are off; should they be switched on by hand, for all of a project's there is one log
  request_logs = merge(
    { functions = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${local.any_of.functions}) AND log_id(\"run.googleapis.com/requests\")" },
    length(local.edge) == 0 ? {} : { edge = "resource.type=\"http_load_balancer\" AND resource.labels.url_map_name=(${local.any_of.edge})" },
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
  # without 501, which collect answers to licence and update calls
  failures = { for who, filter in local.requests : who => "${filter} AND metric.labels.response_code=one_of(\"500\", \"502\", \"503\", \"504\")" }
  age      = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=one_of(${local.one_of.pushed})"
  backlog  = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=one_of(${local.one_of.pushed})"
  dead     = replace(local.backlog, local.one_of.pushed, local.one_of.dead_letters)

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
      advice      = "Events were given up after every try. They are kept for seven days: `sitebeat dead-letters list` says of which function, its log why. Mend the cause, then `sitebeat dead-letters redrive`."
    }
  }

  # In PromQL. A metric of log lines has a point for a minute with a line and none for others: of one point an hour `increase`
  # may read 0 for ever, so what comes that seldom is looked for by whether it is there.
  series = merge(
    { for name, _ in local.log_metrics : name => "logging_googleapis_com:user_sitebeat_${name}{monitored_resource=\"cloud_run_revision\"}" },
    {
      stored = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=~\"${join("|", local.public)}\",response_code_class=\"2xx\"}"
      edge   = "loadbalancing_googleapis_com:https_request_count{monitored_resource=\"https_lb_rule\",url_map_name=~\"${join("|", [for name in local.edge : "sitebeat-${name}"])}\",response_code=~\"403|429|500|502|503|504\"}"
    },
  )
  # A metric that keeps numbers is three series in PromQL: how many lines, their sum, and buckets.
  numbers = {
    for name, _ in local.log_values : name => {
      for part in ["count", "sum"] :
      part => "logging_googleapis_com:user_sitebeat_${name}_${part}{monitored_resource=\"cloud_run_revision\"}"
    }
  }
  # How many in an hour are worth a look, if they are five times what was usual in the day before. An instance knows its own
  # busiest alone: the sum over instances is never below the truth.
  unusual = {
    for name, floor in { posts_of_network = 3000, posts_of_project = 3000, new_sites_of_network = 100, new_sites_of_project = 500 } :
    name => "sum(increase(${local.numbers[name].sum}[1h])) > ${floor} and sum(increase(${local.numbers[name].sum}[1h])) > 5 * (sum(increase(${local.numbers[name].sum}[24h] offset 1h)) / 24 or vector(0))"
  }
  # Of five minutes; of log lines also the minutes that have any, by which a single loss among few payloads is seen.
  lost = concat(
    [for function in ["increase", "count_over_time"] : "sum(${function}(${local.series.refused}[5m]))"],
    [for name in local.edge : "sum(increase(${local.series.edge}[5m]))"],
  )

  query_alerts = {
    for name, alert in {
      refused = {
        title    = "payloads are refused"
        severity = "CRITICAL"
        query    = join(" or ", [for lost in local.lost : "${lost} > 0.01 * (sum(increase(${local.series.stored}[5m])) or vector(0))"])
        duration = "0s"
        every    = "60s"
        of       = "refused"
        advice   = "More than 1 % of the payloads of five minutes were answered 403, 429 or 5xx, some of them before collect saw them. Clients never send again: each is lost. 403: the grant to allUsers is gone; apply. 429: collect is at its most instances (instance_limit_factor, the region's quota) or Cloud Armor's limit is too low. Else see `collect answers 5xx`."
      }
      silent = {
        title    = "no payload for an hour"
        severity = "CRITICAL"
        query    = "(sum(increase(${local.series.stored}[1h])) or vector(0)) == 0 and sum(increase(${local.series.stored}[23h] offset 1h)) > 480"
        duration = "0s"
        every    = "300s"
        of       = "refused"
        advice   = "collect stored nothing for an hour, and usually stores twenty payloads and more. Does its address answer (`curl ENDPOINT/`)? Is the domain's certificate valid, its A record right, the grant to allUsers there?"
      }
      rejected = {
        title    = "events are rejected"
        severity = "WARNING"
        query    = "sum(increase(${local.series.rejected}[1h])) > 20 and sum(increase(${local.series.rejected}[1h])) > 0.2 * (sum(increase(${local.series.stored}[1h])) or vector(0))"
        duration = "0s"
        every    = "300s"
        of       = "rejected"
        advice   = "More than a fifth of the events of an hour are in no history. `reason` in the lines `rejected` says why: unknown_project is a plugin that was never told to sitebeat (`sitebeat projects create`); else a client that sends something new. Nothing is lost: the archive has them."
      }
      missing = {
        title    = "events are missing from the history"
        severity = "ERROR"
        query    = "sum(count_over_time(${try(local.series.missing, "")}[1h])) > 0"
        duration = "0s"
        every    = "300s"
        of       = "missing"
        advice   = "reconcile found objects in the archive that are in no history, and published them again. Once is a delay; again and again is a fault of process-event. `sitebeat reconcile --dry-run` says of which hours, `sitebeat replay --only missing` sends what is older than three hours."
      }
      mail_waits = {
        title    = "mail requests wait"
        severity = "WARNING"
        query    = "sum(count_over_time(${try(local.series.mail_waits, "")}[2h])) > 6"
        duration = "0s"
        every    = "300s"
        of       = "mail_waits"
        advice   = "A project asks its mail lists for more addresses an hour than its cap allows, for more than an hour. Nothing is lost: they go out hour by hour. Is it growth (`sitebeat projects update --mail-cap`), or does somebody post made-up sites?"
      }
      shed = {
        title    = "collect has no room"
        severity = "CRITICAL"
        query    = "sum(count_over_time(${local.numbers.shed.count}[5m])) > 0"
        duration = "0s"
        every    = "60s"
        of       = "shed"
        advice   = "collect answered 503 because its queues were full. Clients never send again: each of these payloads is lost. Is the archive slow (`not stored` in collect's logs)? Is collect at its most instances (instance_limit_factor, the region's quota)? Does one network flood it (`a network sends more than its share`)? Then Cloud Armor (domain, rate_limit_per_minute)."
      }
      over_rate = {
        title    = "a network sends more than its share"
        severity = "WARNING"
        query    = "sum(count_over_time(${local.numbers.over_rate.count}[30m])) > 15"
        duration = "0s"
        every    = "300s"
        of       = "over_rate"
        advice   = "In more than fifteen of thirty minutes a network (/24, /48) sent an instance of collect more than 300 payloads in the minute, a body counted once more for each 16 KiB. Nothing is lost: they are stored behind everybody else's. A large web host may do that. terraform/README.md, `Too much of one`, says how to see whose they are, and what stops them."
      }
      unusual_posts = {
        title    = "unusually many payloads"
        severity = "WARNING"
        query    = "${local.unusual.posts_of_network} or ${local.unusual.posts_of_project}"
        duration = "0s"
        every    = "300s"
        of       = "posts_of_project"
        advice   = "A project, or a network (/24, /48), sent more than 3,000 payloads in an hour, and five times as many as is usual. A release, growth, a loop in a plugin, or somebody who makes them up? Nothing is dropped. terraform/README.md, `Too much of one`, says how to see whose they are, and what stops them."
      }
      unusual_sites = {
        title    = "unusually many new sites"
        severity = "WARNING"
        query    = "${local.unusual.new_sites_of_network} or ${local.unusual.new_sites_of_project}"
        duration = "0s"
        every    = "300s"
        of       = "new_sites"
        advice   = "In an hour more than 500 sites of a project, or more than 100 from a network (/24, /48), reported for the first time, and five times as many as is usual. A release, growth, a host that installs the plugin everywhere, or somebody who makes up sites? Nothing is dropped. terraform/README.md, `Too much of one`, says how to see whose they are, and what to do."
      }
      unsure = {
        title    = "figures are unsure"
        severity = "WARNING"
        query    = "sum(count_over_time(${try(local.series.unsure, "")}[3h])) > 1"
        duration = "0s"
        every    = "300s"
        of       = "unsure"
        advice   = "Twice in three hours a project's active sites by the history and by MongoDB were more than 2 % and 20 sites apart; its page shows both. After MongoDB was restored: `sitebeat reconcile --mongodb`. After an upgrade: `sitebeat setup`. Else `sitebeat rebuild` of the last 30 days; what is left is a fault of ours."
      }
      kept = {
        title    = "a project keeps old figures"
        severity = "ERROR"
        query    = "sum(count_over_time(${try(local.series.kept, "")}[3h])) > 1"
        duration = "0s"
        every    = "300s"
        of       = "kept"
        advice   = "Twice in three hours the figures of a project could not be made; the others were. `project` and `error` in the lines `figures kept` say which and why."
      }
      # none in 70 minutes, for an hour: two hours without, and a new project has an hour for its first
      rebuilt = {
        title    = "no rebuild in two hours"
        severity = "WARNING"
        query    = "absent_over_time(${try(local.series.rebuilt, "")}[70m])"
        duration = "3600s"
        every    = "300s"
        of       = "rebuilt"
        advice   = "The charts are older than two hours. Look at the logs of rebuild-analytics and at its Cloud Scheduler job. bytesBilled in its error: the history outgrew query_gib_limit."
      }
    } : name => alert if contains(keys(local.log_metrics), alert.of)
  }

  charts = concat(
    [
      { title = "collect: requests that reached it, by answer, 1/s", filter = local.requests.public, aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = ["metric.labels.response_code_class"] },
      { title = "collect: 95th percentile of latency, ms", filter = local.latencies, aligner = "ALIGN_PERCENTILE_95", reducer = "REDUCE_MAX", by = [] },
      { title = "Functions: calls, 1/s", filter = local.requests.others, aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = local.by_service },
      { title = "Functions: failed calls, 1/s", filter = local.failures.others, aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = local.by_service },
      { title = "Events that wait", filter = local.backlog, aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription },
      { title = "Oldest event that waits, s", filter = local.age, aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription },
      { title = "Dead letters", filter = local.dead, aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", by = local.by_subscription },
    ],
    [
      for name, filter in local.log_metric :
      { title = local.log_metrics[name].description, filter = filter, aligner = "ALIGN_DELTA", reducer = "REDUCE_SUM", by = ["metric.labels.${local.log_metrics[name].label}"] }
      if local.log_metrics[name].number == null
    ],
    [
      for name, filter in local.log_metric :
      { title = "${local.log_metrics[name].description}: the most in a minute of an instance", filter = filter, aligner = "ALIGN_PERCENTILE_99", reducer = "REDUCE_MAX", by = [] }
      if local.log_metrics[name].number != null
    ],
  )
}
