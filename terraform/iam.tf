# The permissions table in README.md lists every grant made here; a test compares them.

# Neither this nor the storage agent waits for the APIs: while one of them changed, the names of Google's agents would be
# unknown, and their grants made anew.
data "google_project" "project" {
  project_id = var.project
}

resource "google_project_service" "api" {
  for_each = local.apis

  service            = each.key
  disable_on_destroy = false
}

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "fn-${each.key}"
  display_name = "Sitebeat: what ${each.key} runs as"

  depends_on = [google_project_service.api]
}

resource "google_storage_bucket_iam_member" "function" {
  for_each = local.grants_on.bucket

  bucket = google_storage_bucket.archive.name
  role   = each.value.role
  member = google_service_account.function[each.value.function].member
}

resource "google_bigquery_dataset_iam_member" "function" {
  for_each = local.grants_on.dataset

  dataset_id = google_bigquery_dataset.history.dataset_id
  role       = each.value.role
  member     = google_service_account.function[each.value.function].member
}

resource "google_bigquery_table_iam_member" "function" {
  for_each = local.grants_on.table

  dataset_id = google_bigquery_dataset.history.dataset_id
  table_id   = merge(google_bigquery_table.table, google_bigquery_table.view)[each.value.to].table_id
  role       = each.value.role
  member     = google_service_account.function[each.value.function].member

  depends_on = [google_project_iam_custom_role.history_appender]
}

resource "google_project_iam_member" "function" {
  for_each = local.grants_on.project

  project = var.project
  role    = each.value.role
  member  = google_service_account.function[each.value.function].member
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = local.grants_on.secret

  secret_id = google_secret_manager_secret.secret[each.value.to].id
  role      = each.value.role
  member    = google_service_account.function[each.value.function].member
}

resource "google_pubsub_topic_iam_member" "function" {
  for_each = local.grants_on.topic

  topic  = google_pubsub_topic.mesh[each.value.to].id
  role   = each.value.role
  member = google_service_account.function[each.value.function].member
}

# roles/bigquery.dataEditor could also delete tables. With the right to run jobs, whoever may insert rows may also write over
# the whole table: functions/mesh.json gives nobody both for a table that is evidence
resource "google_project_iam_custom_role" "history_appender" {
  role_id     = local.appender
  title       = "Sitebeat history appender"
  description = "Insert rows into a table that is there"
  permissions = ["bigquery.tables.get", "bigquery.tables.updateData"]

  depends_on = [google_project_service.api]
}

# Who calls a function: Pub/Sub and Cloud Scheduler as an identity of that function's own.
resource "google_service_account" "caller" {
  for_each = local.called

  account_id   = "call-${each.key}"
  display_name = "Sitebeat: what calls ${each.key}"

  depends_on = [google_project_service.api]
}

resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = local.called

  name     = google_cloudfunctions2_function.mesh[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.caller[each.key].member

  # a function that is made anew has a service without bindings; by its id, for the function as a whole changes at each deploy
  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.mesh[each.key].id]
  }
}

resource "google_cloud_run_v2_service_iam_binding" "private" {
  for_each = length(local.private_callers) == 0 ? toset([]) : local.private

  name     = google_cloudfunctions2_function.mesh[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  members  = local.private_callers

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.mesh[each.key].id]
  }

  # nothing is given to anybody before what writes that down is there: a topic without a subscription keeps nothing
  depends_on = [google_project_service_identity.agent, google_pubsub_subscription.push]
}

resource "google_iap_web_cloud_run_service_iam_binding" "private" {
  for_each = var.dashboard_iap && length(var.private_callers) > 0 ? local.private : toset([])

  cloud_run_service_name = google_cloudfunctions2_function.mesh[each.key].name
  location               = var.region
  role                   = "roles/iap.httpsResourceAccessor"
  members                = var.private_callers

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.mesh[each.key].id]
  }

  depends_on = [google_project_service.api]
}

resource "google_cloud_run_v2_service_iam_member" "public" {
  for_each = var.public_access == "all_users" ? local.public : toset([])

  name     = google_cloudfunctions2_function.mesh[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.mesh[each.key].id]
  }

  # nothing is accepted before all that handles it is there
  depends_on = [google_storage_bucket_iam_member.function, google_storage_notification.objects]
}

# What Google's own agents need. Some are made only when they are first needed, too late for a grant that names them.
resource "google_project_service_identity" "agent" {
  for_each = local.agents
  provider = google-beta

  service = each.key

  depends_on = [google_project_service.api]
}

data "google_bigquery_default_service_account" "bigquery" {
  count = length(var.kms_key[*])
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local.key_users

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value

  depends_on = [google_project_service_identity.agent]
}

resource "google_pubsub_topic_iam_member" "storage" {
  topic  = google_pubsub_topic.mesh[local.mesh.notificationTopic].id
  role   = "roles/pubsub.publisher"
  member = data.google_storage_project_service_account.storage.member
}

resource "google_pubsub_topic_iam_member" "dead_letter" {
  for_each = local.subscriptions

  topic  = google_pubsub_topic.dead_letter[each.key].id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent

  depends_on = [google_project_service_identity.agent]
}

resource "google_pubsub_subscription_iam_member" "dead_letter" {
  for_each = local.subscriptions

  subscription = google_pubsub_subscription.push[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent

  depends_on = [google_project_service_identity.agent]
}

# projects of before April 2021 do not give the agent this right by themselves
resource "google_service_account_iam_member" "pubsub" {
  for_each = local.subscriptions

  service_account_id = google_service_account.caller[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent

  depends_on = [google_project_service_identity.agent]
}

# Who builds: in place of Compute Engine's default account, which is an editor of the project or may do nothing.
resource "google_service_account" "builder" {
  account_id   = "function-builder"
  display_name = "Sitebeat: builds the functions"

  depends_on = [google_project_service.api]
}

resource "google_project_iam_member" "builder" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  repository = google_artifact_registry_repository.functions.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}

# a build reads its source from a bucket that Cloud Functions makes at the first deploy, by this name
resource "google_project_iam_member" "builder_sources" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member

  condition {
    title      = "sources of builds"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.project.number}-\")"
  }
}

resource "google_storage_bucket_iam_member" "builder" {
  bucket = google_storage_bucket.bundles.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder.member
}
