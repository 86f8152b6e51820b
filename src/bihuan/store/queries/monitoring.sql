-- name: ledger_terms
-- What stands in the control ledger for one item over some periods, by place and stage; ``original`` = released, not adjusted.
SELECT coordinate, stage, kind = 'release' AS original, sum(amount) AS amount
FROM ledger_entry
WHERE policy_id = :policy_id AND period = ANY(:periods) AND stage <> 'forced' AND coordinate->>'item' = :item
GROUP BY coordinate, stage, kind = 'release';

-- name: policies
-- Control policies in force that hold a released version, with what they control.
SELECT DISTINCT ON (code) id, code, version_id, content->'items' AS items
FROM control_policy WHERE version_id IS NOT NULL ORDER BY code, revision DESC;

-- name: model_of_item
-- The model whose released version holds a controlled item; of an alert's bucket where it has one.
SELECT m.code
FROM control_policy p
JOIN version v ON v.id = p.version_id
JOIN model m ON m.id = v.model_id
LEFT JOIN control_rule r ON r.policy_id = p.id
LEFT JOIN bucket b ON b.rule_id = r.id
WHERE CASE WHEN CAST(:bucket AS bigint) IS NULL THEN p.content->'items' @> to_jsonb(CAST(:item AS text)) ELSE b.id = :bucket END
ORDER BY p.id DESC LIMIT 1;

-- name: forced_most
-- How far the worst of some balance rows is beyond its limit now.
SELECT max(forced) FROM bucket WHERE id = ANY(:ids);

-- name: batches
-- Published batches of all sources of a model.
SELECT b.id FROM load_batch b JOIN source s ON s.code = b.source WHERE s.model = :model AND b.state = 'published' ORDER BY b.id;

-- name: open_case
-- Opens a case, unless one for the same place is open.
INSERT INTO deviation_case (model, kind, place, identity, rule, amount, state, title, alert_id, opened_at, due_at)
VALUES (:model, :kind, CAST(:place AS jsonb), :identity, CAST(:rule AS jsonb), :amount, 'open', :title, :alert_id, :now, :due_at)
ON CONFLICT (identity) WHERE state <> 'closed' DO NOTHING RETURNING id;

-- name: open_case_of
-- The open case for a place.
SELECT id FROM deviation_case WHERE identity = :identity AND state <> 'closed';

-- name: lock_case
-- A case, to add an event to it.
SELECT * FROM deviation_case WHERE id = :id FOR UPDATE;

-- name: case
-- A case.
SELECT * FROM deviation_case WHERE id = :id;

-- name: events
-- The events of a case, oldest first.
SELECT seq, event, actor_id, actor, at, detail FROM case_event WHERE case_id = :case_id ORDER BY seq;

-- name: add_event
-- Appends an event; the case's row is locked.
INSERT INTO case_event (case_id, seq, event, actor_id, actor, at, detail)
SELECT :case_id, 1 + coalesce(max(seq), 0), :event, :actor_id, :actor, :now, CAST(:detail AS jsonb)
FROM case_event WHERE case_id = :case_id;

-- name: set_state
-- Repeats the last event in the case.
UPDATE deviation_case SET state = :state, closed_at = CASE WHEN :state = 'closed' THEN CAST(:now AS timestamptz) END WHERE id = :id;

-- name: cases
-- Cases, newest first; of a model or all, of a state or all.
SELECT * FROM deviation_case
WHERE (CAST(:model AS text) IS NULL OR model = :model) AND (CAST(:state AS text) IS NULL OR state = :state)
ORDER BY id DESC LIMIT :count;

-- name: cases_to_verify
-- Cases whose decision was carried out, for the job after a load.
SELECT id FROM deviation_case WHERE model = :model AND state = 'executed' ORDER BY id;

-- name: cases_due
-- Cases due in a span of time: the list behind the closing rate.
SELECT * FROM deviation_case WHERE model = :model AND due_at >= :since AND due_at < :until ORDER BY id;
