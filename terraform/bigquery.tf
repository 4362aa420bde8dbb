resource "google_bigquery_dataset" "history" {
  dataset_id  = local.dataset
  description = "Every event of every site: inserts only"
  location    = var.region

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]

    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_bigquery_table" "table" {
  for_each = local.tables

  dataset_id               = google_bigquery_dataset.history.dataset_id
  table_id                 = each.key
  description              = each.value.description
  schema                   = jsonencode(each.value.schema.fields)
  clustering               = each.value.clustering.fields
  require_partition_filter = try(each.value.requirePartitionFilter, false)
  deletion_protection      = var.deletion_protection

  dynamic "time_partitioning" {
    for_each = try([each.value.timePartitioning], [])
    content {
      type  = time_partitioning.value.type
      field = time_partitioning.value.field
    }
  }
}

resource "google_bigquery_table" "view" {
  for_each = local.views

  dataset_id          = google_bigquery_dataset.history.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}
