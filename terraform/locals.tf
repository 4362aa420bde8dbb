locals {
  mesh    = jsondecode(file("${path.module}/../functions/mesh.json"))
  schemas = "${path.module}/../schemas/bigquery"

  archive = "${var.project}-sitebeat-archive"
  dataset = "sitebeat"

  tables = {
    for file in fileset(local.schemas, "*.json") :
    trimsuffix(file, ".json") => jsondecode(file("${local.schemas}/${file}"))
  }
  # a view that is stored must name the project of its tables
  views = {
    for file in fileset("${local.schemas}/views", "*.sql") :
    trimsuffix(file, ".sql") => templatefile("${local.schemas}/views/${file}", { dataset = "${var.project}.${local.dataset}" })
  }
}

# What each word of a function's `access` stands for.
locals {
  access = merge(
    {
      "archive.create" = {
        grants      = [{ on = "bucket", role = "roles/storage.objectCreator" }]
        environment = { ARCHIVE_BUCKET = local.archive }
        secrets     = {}
      }
      # with the right to list: without it a missing object reads as 403, not as 404
      "archive.read" = {
        grants      = [{ on = "bucket", role = "roles/storage.objectViewer" }]
        environment = { ARCHIVE_BUCKET = local.archive }
        secrets     = {}
      }
      # what it is made of is in history.read:T; these tables can be made again
      "history.rebuild" = {
        grants = [
          for table in local.derived_tables : { on = "table", to = table, role = "roles/bigquery.dataEditor" }
        ]
        environment = { BIGQUERY_DATASET = local.dataset }
        secrets     = {}
      }
      mongodb = {
        grants      = [{ on = "secret", to = "mongodb-uri", role = "roles/secretmanager.secretAccessor" }]
        environment = { MONGODB_POOL_SIZE = tostring(local.mongodb_pool_size) }
        secrets     = { MONGODB_URI = "mongodb-uri" }
      }
      mail = {
        grants      = [{ on = "secret", to = "mail-api-secret", role = "roles/secretmanager.secretAccessor" }]
        environment = { MAIL_API_URL = var.mail_api_url }
        secrets     = { MAIL_API_SECRET = "mail-api-secret" }
      }
    },
    {
      for table in keys(local.tables) : "history.append:${table}" => {
        grants = [
          { on = "table", to = table, role = "projects/${var.project}/roles/${local.appender}" },
          # an insert also asks which dataset it is; no row is read by that
          { on = "dataset", role = "roles/bigquery.metadataViewer" },
        ]
        environment = { BIGQUERY_DATASET = local.dataset }
        secrets     = {}
      }
    },
    {
      for table in concat(keys(local.tables), keys(local.views)) : "history.read:${table}" => {
        grants = [
          { on = "table", to = table, role = "roles/bigquery.dataViewer" },
          { on = "project", role = "roles/bigquery.jobUser" },
        ]
        environment = { BIGQUERY_DATASET = local.dataset, BIGQUERY_MAX_GIB_BILLED = tostring(var.query_gib_limit) }
        secrets     = {}
      }
    },
    {
      for topic in local.topics : "topic.${topic}" => {
        grants      = [{ on = "topic", to = topic, role = "roles/pubsub.publisher" }]
        environment = {}
        secrets     = {}
      }
    },
  )
  appender       = "sitebeatHistoryAppender"
  derived_tables = ["project_days", "site_days", "site_lives"]

  grants = distinct(flatten([
    for name, function in local.functions : [
      for word in function.access : [
        for grant in local.access[word].grants : merge({ function = name, to = null }, grant)
      ]
    ]
  ]))
  grants_on = {
    for kind in ["bucket", "dataset", "project", "secret", "table", "topic"] : kind => {
      for grant in local.grants : join(" ", compact([grant.function, grant.to, reverse(split("/", grant.role))[0]])) => grant
      if grant.on == kind
    }
  }

  secrets = toset(flatten([for function in local.functions : values(function.secrets)]))
  secret_values = {
    mongodb-uri     = var.mongodb_uri
    mail-api-secret = var.mail_api_secret
  }
}

# The functions, by name, and by who calls them.
locals {
  functions = {
    for function in local.mesh.functions : function.name => merge(function, local.sizes[function.name], {
      environment = merge(
        # written out, since the platform adds it where it is missing: the framework puts the execution's id on each line
        { GOOGLE_CLOUD_PROJECT = var.project, LOG_LEVEL = var.log_level, LOG_EXECUTION_ID = "true" },
        try(function.trigger.http, null) == "public" ? { FORWARDED_HOPS = var.domain == null ? "1" : "2" } : {},
        try(function.trigger.http, null) == "private" ? local.identity[function.name] : {},
        [for word in function.access : local.access[word].environment]...
      )
      # what may have one instance only, must
      instances = merge(function.instances, {
        max = function.instances.max == 1 ? 1 : max(1, function.instances.min, ceil(function.instances.max * var.instance_limit_factor))
      })
      secrets       = merge([for word in function.access : local.access[word].secrets]...)
      ingress       = local.ingress[try(function.trigger.http, "none")]
      vpc_connector = contains(function.access, "mongodb") ? var.vpc_connector : null
    })
    if var.mail_api_url != null || !contains(function.access, "mail")
  }

  public    = toset([for name, function in local.functions : name if try(function.trigger.http, null) == "public"])
  private   = toset([for name, function in local.functions : name if try(function.trigger.http, null) == "private"])
  scheduled = { for name, function in local.functions : name => function if can(function.trigger.schedule) }
  edge      = var.domain == null ? toset([]) : local.public
  called    = setunion(keys(local.subscriptions), keys(local.scheduled))

  ingress = {
    public  = var.domain != null && var.domain_only ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL"
    private = "ALLOW_ALL"
    # Pub/Sub and Cloud Scheduler of the same project count as internal
    none = "ALLOW_INTERNAL_ONLY"
  }

}

# Whose word a private function takes on who asks, and who may call it.
locals {
  identity = {
    for function in local.mesh.functions : function.name => merge(
      { DASHBOARD_IDENTITY = var.dashboard_iap ? "iap" : "cloud-run" },
      var.dashboard_iap ? { DASHBOARD_IAP_AUDIENCE = "/projects/${data.google_project.project.number}/locations/${var.region}/services/${function.name}" } : {},
      length(var.dashboard_admins) == 0 ? {} : { DASHBOARD_ADMINS = join(",", var.dashboard_admins) },
    )
    if try(function.trigger.http, null) == "private"
  }
  # the proxy calls for those whom it lets through
  private_callers = var.dashboard_iap ? [local.iap_agent] : var.private_callers
  iap_agent       = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-iap.iam.gserviceaccount.com"
}

# How large an instance is. Cloud Run: less than one vCPU serves one request at a time, and memory asks for a least vCPU.
locals {
  memory_mib = {
    for function in local.mesh.functions :
    function.name => tonumber(regex("^[0-9]+", function.memory)) * (endswith(function.memory, "Gi") ? 1024 : 1)
  }
  # what is called for each event waits for stores for most of its time; what a schedule starts or a person asks for computes
  per_event = [
    for function in local.mesh.functions : function.name
    if can(function.trigger.objects) || can(function.trigger.topic) || try(function.trigger.http, null) == "public"
  ]
  least_cpu = {
    for name, mib in local.memory_mib : name =>
    mib > 4096 ? 2 : mib > 1024 ? 1 : mib > 512 ? 0.583 : contains(local.per_event, name) ? 0.167 : 0.333
  }
  sizes = {
    for function in local.mesh.functions : function.name => {
      small = { cpu = local.least_cpu[function.name], concurrency = 1 }
      large = { cpu = max(1, local.least_cpu[function.name]), concurrency = function.concurrency }
    }[var.scale]
  }

  mongodb_pool_size = coalesce(var.mongodb_pool_size, { small = 2, large = 5 }[var.scale])
  # the driver watches each server over two more connections; while a function is replaced, its old instances keep theirs
  mongodb_connections = 2 * sum(concat([0], [
    for function in local.functions : function.instances.max * (local.mongodb_pool_size + 2) if contains(function.access, "mongodb")
  ]))
}

# Topics and subscriptions: the same rules as subscriptionsOf and topicsOf in functions/mesh.ts.
locals {
  topic_of = {
    for function in local.mesh.functions :
    function.name => can(function.trigger.objects) ? local.mesh.notificationTopic : function.trigger.topic
    if can(function.trigger.objects) || can(function.trigger.topic)
  }
  topics = setunion([local.mesh.notificationTopic], values(local.topic_of))

  subscriptions = {
    for name, function in local.functions : name => merge(function.delivery, {
      topic        = local.topic_of[name]
      filter       = try(join(" OR ", [for prefix in function.trigger.objects : "hasPrefix(attributes.objectId, \"${prefix}\")"]), null)
      ack_deadline = min(function.timeoutSeconds, 600)
    })
    if contains(keys(local.topic_of), name)
  }
  week = "604800s"
}

locals {
  apis = toset([
    for name in concat(
      [
        "artifactregistry", "bigquery", "cloudbuild", "cloudfunctions", "cloudresourcemanager", "cloudscheduler", "iam",
        "logging", "monitoring", "pubsub", "run", "secretmanager", "storage",
      ],
      var.billing_account == null ? [] : ["billingbudgets"],
      var.dashboard_iap ? ["iap"] : [],
      var.domain == null ? [] : ["compute"],
      var.kms_key == null ? [] : ["cloudkms"],
    ) : "${name}.googleapis.com"
  ])
  agents = toset([
    for name in concat(
      ["cloudfunctions", "cloudscheduler", "pubsub", "run"],
      var.dashboard_iap ? ["iap"] : [],
      var.kms_key == null ? [] : ["artifactregistry", "secretmanager"],
    ) : "${name}.googleapis.com"
  ])
  # who encrypts with the key, by the store that it is for
  key_users = {
    for store, member in {
      artifactregistry = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-artifactregistry.iam.gserviceaccount.com"
      bigquery         = one(data.google_bigquery_default_service_account.bigquery[*].member)
      pubsub           = local.pubsub_agent
      secretmanager    = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
      storage          = data.google_storage_project_service_account.storage.member
    } : store => member if var.kms_key != null
  }
  pubsub_agent = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}
