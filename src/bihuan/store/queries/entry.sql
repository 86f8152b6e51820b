-- name: unit_insert
-- Opens a plan unit; no row comes back when there is one.
INSERT INTO plan_unit (version_id, org, model, holder, held_since) VALUES (:version_id, :org, :model, :holder, :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: unit
-- One plan unit.
SELECT id, version_id, org, model, status, submissions, holder, held_since FROM plan_unit WHERE id = :id;

-- name: unit_lock
-- One plan unit, to be moved by one command at a time.
SELECT id, version_id, org, model, status, submissions, holder, held_since FROM plan_unit WHERE id = :id FOR UPDATE;

-- name: unit_move
-- A unit's status, and who has it from now on.
UPDATE plan_unit SET status = :status, submissions = :submissions, holder = :holder, held_since = :at WHERE id = :id;

-- name: units
-- The plan units of a version, by organisation.
SELECT id, version_id, org, model, status, submissions, holder, held_since FROM plan_unit
WHERE version_id = :version_id ORDER BY org;

-- name: units_lock_of
-- The plan units of some organisations of a version, locked in id order.
SELECT id, version_id, org, model, status, submissions, holder, held_since FROM plan_unit
WHERE version_id = :version_id AND org = ANY(:orgs) ORDER BY id FOR UPDATE;

-- name: units_preparing
-- Plan units that are being filled, of open versions: from whom, and why returned if the newest case was.
SELECT p.id, p.org, p.model, p.held_since, v.code AS version, v.name AS version_name, m.name AS org_name,
       (SELECT e.actor FROM action_entry e WHERE e.subject_kind = 'plan_unit' AND e.subject_id = p.id::text
          AND e.action = 'entry.open' ORDER BY e.id LIMIT 1) AS opened_by,
       r.actor AS returned_by, r.comment AS returned_why
FROM plan_unit p JOIN version v ON v.id = p.version_id
LEFT JOIN model o ON o.code = p.model
LEFT JOIN dimension d ON d.model_id = o.id AND d.code = 'org'
LEFT JOIN member m ON m.dimension_id = d.id AND m.code = p.org
LEFT JOIN LATERAL (
    SELECT i.id, i.status FROM flow_instance i WHERE i.subject_kind = 'plan_unit' AND i.subject_id = p.id
    ORDER BY i.id DESC LIMIT 1) c ON c.status IN ('returned', 'rejected', 'reopened')
LEFT JOIN LATERAL (
    SELECT a.actor, a.comment FROM flow_action a WHERE a.instance_id = c.id AND a.action IN ('return', 'reject', 'reopen')
    ORDER BY a.seq DESC LIMIT 1) r ON true
WHERE p.status = 'preparing' AND v.status = 'open' ORDER BY p.id;
