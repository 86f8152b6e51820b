-- name: ledger_terms
-- What stands in the control ledger for one item over some periods, by place and stage; ``original`` = released, not adjusted.
-- A transfer under approval reserves what each of its cells gives; its own entries are net by balance row, so its lines count.
-- ``single``: the policy controls this item alone, so a line that names none means it.
SELECT coordinate, stage, kind = 'release' AS original, sum(amount) AS amount
FROM ledger_entry
WHERE policy_id = :policy_id AND period = ANY(:periods) AND stage <> 'forced'
      AND (coordinate->>'item' = :item OR (:single AND coordinate->>'item' IS NULL))
      AND NOT (stage = 'reserved' AND transfer_id IS NOT NULL)
GROUP BY coordinate, stage, kind = 'release'
UNION ALL
SELECT x.line->'coordinate', 'reserved', false, -sum(CAST(x.line->>'amount' AS numeric))
FROM transfer t CROSS JOIN LATERAL jsonb_array_elements(t.lines) AS x(line)
WHERE t.policy_id = :policy_id AND t.status = 'held' AND CAST(x.line->>'amount' AS numeric) < 0
      AND x.line->>'period' = ANY(:periods)
      AND (x.line->'coordinate'->>'item' = :item OR (:single AND x.line->'coordinate'->>'item' IS NULL))
GROUP BY x.line->'coordinate';

-- name: policies
-- Control policies in force that hold a released version, with what they control.
SELECT DISTINCT ON (code) id, code, version_id, content->'items' AS items
FROM control_policy WHERE version_id IS NOT NULL ORDER BY code, revision DESC;

-- name: policies_in
-- Which of some policies have budget in some periods.
SELECT DISTINCT policy_id FROM ledger_entry WHERE policy_id = ANY(:ids) AND period = ANY(:periods) AND stage = 'budget';

-- name: holds_of_item
-- What documents and transfers still hold of one item over some periods, by place and stage, oldest first.
SELECT d.id AS document_id, d.number, d.title, d.kind, d.requester, d.created_at, e.coordinate, e.period, e.stage,
       sum(e.amount) AS amount
FROM ledger_entry e JOIN document d ON d.id = e.document_id
WHERE e.policy_id = :policy_id AND e.period = ANY(:periods) AND e.stage IN ('reserved', 'committed')
      AND (e.coordinate->>'item' = :item OR (:single AND e.coordinate->>'item' IS NULL)) AND e.transfer_id IS NULL
GROUP BY d.id, e.coordinate, e.period, e.stage HAVING sum(e.amount) <> 0
UNION ALL
SELECT d.id, d.number, t.reason, d.kind, t.requester, t.created_at, x.line->'coordinate', x.line->>'period', 'reserved',
       -CAST(x.line->>'amount' AS numeric)
FROM transfer t JOIN document d ON d.id = t.hold_id CROSS JOIN LATERAL jsonb_array_elements(t.lines) AS x(line)
WHERE t.policy_id = :policy_id AND t.status = 'held' AND CAST(x.line->>'amount' AS numeric) < 0
      AND x.line->>'period' = ANY(:periods)
      AND (x.line->'coordinate'->>'item' = :item OR (:single AND x.line->'coordinate'->>'item' IS NULL))
ORDER BY 6, 1, 8, 9;

-- name: last_published
-- When the newest load of a model's actuals was published.
SELECT max(b.published_at) FROM load_batch b JOIN source s ON s.code = b.source WHERE s.model = :model AND b.state = 'published';

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
INSERT INTO deviation_case (model, kind, place, identity, rule, amount, state, title, alert_id, opened_at, due_at, owner,
                            holder, held_since)
VALUES (:model, :kind, CAST(:place AS jsonb), :identity, CAST(:rule AS jsonb), :amount, 'open', :title, :alert_id, :now, :due_at,
        :owner, :owner, :now)
ON CONFLICT (identity) WHERE state <> 'closed' DO NOTHING RETURNING id;

-- name: open_case_of
-- The open case for a place.
SELECT id FROM deviation_case WHERE identity = :identity AND state <> 'closed';

-- name: lock_case
-- A case, to add an event to it.
SELECT * FROM deviation_case WHERE id = :id FOR UPDATE;

-- name: case
-- A case, with what was decided last and by whom.
SELECT c.*, d.decision, d.decided_by FROM deviation_case c
LEFT JOIN LATERAL (SELECT e.detail->>'decision' AS decision, e.actor_id AS decided_by FROM case_event e
                   WHERE e.case_id = c.id AND e.event = 'decided' ORDER BY e.seq DESC LIMIT 1) AS d ON true
WHERE c.id = :id;

-- name: events
-- The events of a case, oldest first.
SELECT seq, event, actor_id, actor, at, detail FROM case_event WHERE case_id = :case_id ORDER BY seq;

-- name: add_event
-- Appends an event; the case's row is locked.
INSERT INTO case_event (case_id, seq, event, actor_id, actor, at, detail)
SELECT :case_id, 1 + coalesce(max(seq), 0), :event, :actor_id, :actor, :now, CAST(:detail AS jsonb)
FROM case_event WHERE case_id = :case_id;

-- name: set_state
-- Repeats the last event in the case, and whose turn it is from now on.
UPDATE deviation_case SET state = :state, closed_at = CASE WHEN :state = 'closed' THEN CAST(:now AS timestamptz) END,
       holder = :holder, held_since = :now
WHERE id = :id;

-- name: set_holder
-- Whose turn it is within a step that others take.
UPDATE deviation_case SET holder = :holder, held_since = :now WHERE id = :id;

-- name: set_owner
-- Hands a case to another owner.
UPDATE deviation_case SET owner = :owner WHERE id = :id;

-- name: set_transfer
-- The transfer a case decided on last.
UPDATE deviation_case SET transfer_id = :transfer_id WHERE id = :id;

-- name: cases_of_transfer
-- The cases that ever decided on a transfer.
SELECT DISTINCT case_id FROM case_event WHERE event = 'decided' AND detail->>'transfer' = CAST(:transfer_id AS text) ORDER BY case_id;

-- name: people
-- Names of everybody, for showing who did what.
SELECT login, name FROM app_user ORDER BY login;

-- name: alerts_lock
-- Two evaluations of one model wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('alerts:' || :model, 0));

-- name: alerts_open
-- The alerts of a model that hold as of the last look.
SELECT * FROM alert WHERE model = :model AND resolved_at IS NULL ORDER BY id;

-- name: alert_insert
-- An alert that begins to hold.
INSERT INTO alert (model, code, identity, item, members, span, period, severity, title, measures, first_seen, last_seen)
VALUES (:model, :code, :identity, :item, CAST(:members AS jsonb), :span, :period, :severity, :title, CAST(:measures AS jsonb),
        :now, :now)
RETURNING id;

-- name: alert_seen
-- An alert that still holds, with the figures of this look.
UPDATE alert SET last_seen = :now, period = :period, severity = :severity, title = :title, measures = CAST(:measures AS jsonb)
WHERE id = :id;

-- name: alert_case
-- The case an alert opened.
UPDATE alert SET case_id = :case_id WHERE id = :id;

-- name: alerts_resolve
-- Alerts that no longer hold.
UPDATE alert SET resolved_at = :now WHERE id = ANY(:ids);

-- name: alerts
-- Alerts of a model, gravest and newest first; those that hold, or all.
SELECT * FROM alert
WHERE (CAST(:model AS text) IS NULL OR model = :model) AND (NOT :open OR resolved_at IS NULL)
ORDER BY resolved_at IS NOT NULL, array_position(ARRAY['error', 'warn', 'info'], severity), first_seen DESC, id DESC
LIMIT :count;

-- name: models
-- Models that exist, for the nightly look.
SELECT code FROM model ORDER BY code;

-- name: cases
-- Cases, newest first; of a model or all, of a state or all.
SELECT c.*, d.decision, d.decided_by FROM deviation_case c
LEFT JOIN LATERAL (SELECT e.detail->>'decision' AS decision, e.actor_id AS decided_by FROM case_event e
                   WHERE e.case_id = c.id AND e.event = 'decided' ORDER BY e.seq DESC LIMIT 1) AS d ON true
WHERE (CAST(:model AS text) IS NULL OR c.model = :model) AND (CAST(:state AS text) IS NULL OR c.state = :state)
ORDER BY c.id DESC LIMIT :count;

-- name: cases_to_verify
-- Cases whose decision was carried out, for the job after a load.
SELECT id FROM deviation_case WHERE model = :model AND state = 'executed' ORDER BY id;

-- name: cases_due
-- Cases due in a span of time: the list behind the closing rate.
SELECT c.*, d.decision, d.decided_by FROM deviation_case c
LEFT JOIN LATERAL (SELECT e.detail->>'decision' AS decision, e.actor_id AS decided_by FROM case_event e
                   WHERE e.case_id = c.id AND e.event = 'decided' ORDER BY e.seq DESC LIMIT 1) AS d ON true
WHERE c.model = :model AND c.due_at >= :since AND c.due_at < :until ORDER BY c.id;
