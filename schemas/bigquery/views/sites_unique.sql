-- One row an event id: delivery is at least once, and BigQuery's insertId remembers about a minute only.
-- received_at is part of the partition, since BigQuery passes a filter through a window by such columns alone.
SELECT *
FROM `${dataset}.sites`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY received_at, event_id) = 1
