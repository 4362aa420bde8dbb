-- One row an event id, as in the other views; and none of an event that is in the history, whatever it was taken for before
-- or after: a project was archived between two deliveries, or a deactivation was claimed late.
-- The history's ids stand in one relation with the rejections, not in a join: a filter on received_at has to reach them all.
SELECT
  event_id, received_at, processed_at,
  rejection.kind AS kind,
  rejection.project_hash AS project_hash,
  rejection.reason AS reason,
  rejection.field AS field,
  rejection.message AS message,
  rejection.object_name AS object_name
FROM (
  SELECT
    event_id, received_at, processed_at,
    STRUCT(kind, project_hash, reason, field, message, object_name) AS rejection
  FROM `${dataset}.rejections`
  UNION ALL
  SELECT event_id, received_at, processed_at, NULL FROM `${dataset}.sites`
  UNION ALL
  SELECT event_id, received_at, processed_at, NULL FROM `${dataset}.deactivations`
  UNION ALL
  SELECT event_id, received_at, processed_at, NULL FROM `${dataset}.tracking_skips`
)
WHERE TRUE
QUALIFY rejection IS NOT NULL
  AND ROW_NUMBER() OVER (PARTITION BY received_at, event_id ORDER BY rejection IS NOT NULL, processed_at DESC) = 1
