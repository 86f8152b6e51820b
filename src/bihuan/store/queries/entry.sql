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
