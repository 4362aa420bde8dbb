-- One row an event id: delivery is at least once, and BigQuery's insertId remembers about a minute only. Of two that differ,
-- since the project was edited in between, the one that was made last.
-- received_at is part of the partition, since BigQuery passes a filter through a window by such columns alone.
SELECT *
FROM `${dataset}.deactivations`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY received_at, event_id ORDER BY processed_at DESC) = 1
