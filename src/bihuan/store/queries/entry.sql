-- name: unit_insert
-- Opens a plan unit; no row comes back when there is one.
INSERT INTO plan_unit (version_id, org, model, holder, held_since) VALUES (:version_id, :org, :model, :holder, :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: unit
-- One plan unit with its cycle and where its newest approval case stands.
SELECT u.id, u.version_id, u.org, u.model, u.status, u.submissions, u.holder, u.held_since, u.cycle_id, u.due_at,
       c.code AS cycle, c.title AS cycle_title, c.round, c.template, c.opened_seq, i.status AS case_status, i.node AS case_node
FROM plan_unit u LEFT JOIN budget_cycle c ON c.id = u.cycle_id
LEFT JOIN LATERAL (SELECT status, node FROM flow_instance WHERE subject_kind = 'plan_unit' AND subject_id = u.id
                   ORDER BY id DESC LIMIT 1) i ON true
WHERE u.id = :id;

-- name: unit_lock
-- One plan unit, to be moved by one command at a time.
SELECT id, version_id, org, model, status, submissions, holder, held_since, cycle_id, due_at FROM plan_unit WHERE id = :id FOR UPDATE;

-- name: unit_move
-- A unit's status, and who has it from now on.
UPDATE plan_unit SET status = :status, submissions = :submissions, holder = :holder, held_since = :at WHERE id = :id;

-- name: units
-- The plan units of a version, by organisation, with their cycle and where their newest approval case stands.
SELECT u.id, u.version_id, u.org, u.model, u.status, u.submissions, u.holder, u.held_since, u.cycle_id, u.due_at,
       c.code AS cycle, c.title AS cycle_title, c.round, c.template, c.opened_seq, i.status AS case_status, i.node AS case_node
FROM plan_unit u LEFT JOIN budget_cycle c ON c.id = u.cycle_id
LEFT JOIN LATERAL (SELECT status, node FROM flow_instance WHERE subject_kind = 'plan_unit' AND subject_id = u.id
                   ORDER BY id DESC LIMIT 1) i ON true
WHERE u.version_id = :version_id ORDER BY u.org;

-- name: units_lock_of
-- The plan units of some organisations of a version, locked in id order.
SELECT id, version_id, org, model, status, submissions, holder, held_since, cycle_id, due_at FROM plan_unit
WHERE version_id = :version_id AND org = ANY(:orgs) ORDER BY id FOR UPDATE;

-- name: cycle_insert
-- Opens a cycle; no row comes back when it, or another of its version, is there.
INSERT INTO budget_cycle (model, code, title, version_id, fiscal_year, round, template, opened_seq, opened_by, opened_at)
VALUES (:model, :code, :title, :version_id, :fiscal_year, :round, CAST(:template AS jsonb), :opened_seq, :by, :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: cycles
-- The cycles of a model ('' = of all), newest first.
SELECT c.id, c.model, c.code, c.title, c.version_id, c.fiscal_year, c.round, c.status, c.template, c.opened_seq, c.opened_by,
       c.opened_at, COALESCE(u.name, c.opened_by) AS opened_by_name
FROM budget_cycle c LEFT JOIN app_user u ON u.login = c.opened_by
WHERE :model = '' OR c.model = :model ORDER BY c.fiscal_year DESC, c.id DESC;

-- name: cycle
-- One cycle.
SELECT c.id, c.model, c.code, c.title, c.version_id, c.fiscal_year, c.round, c.status, c.template, c.opened_seq, c.opened_by,
       c.opened_at, COALESCE(u.name, c.opened_by) AS opened_by_name
FROM budget_cycle c LEFT JOIN app_user u ON u.login = c.opened_by WHERE c.id = :id;

-- name: cycle_lock
-- One cycle, to be moved by one command at a time.
SELECT id, model, code, title, version_id, fiscal_year, round, status, template, opened_seq, opened_by, opened_at
FROM budget_cycle WHERE id = :id FOR UPDATE;

-- name: cycle_share
-- Keeps a cycle from being closed until the commit; those who set targets and submit do not wait for each other.
SELECT status FROM budget_cycle WHERE id = :id FOR SHARE;

-- name: cycle_move
-- A cycle's status and round.
UPDATE budget_cycle SET status = :status, round = :round WHERE id = :id;

-- name: unit_join
-- Makes an organisation a plan unit of a cycle, or takes one in that is there already.
INSERT INTO plan_unit (version_id, org, model, holder, held_since, cycle_id, due_at)
VALUES (:version_id, :org, :model, :holder, :at, :cycle_id, :due_at)
ON CONFLICT (version_id, org) DO UPDATE SET cycle_id = EXCLUDED.cycle_id, due_at = EXCLUDED.due_at;

-- name: unit_due
-- Another due date for one unit.
UPDATE plan_unit SET due_at = :due_at WHERE id = :id;

-- name: units_due
-- Another due date for the units of a cycle that are not yet approved.
UPDATE plan_unit SET due_at = :due_at WHERE cycle_id = :cycle_id AND status IN ('preparing', 'submitted');

-- name: cycle_of_unit
-- The cycle a plan unit belongs to.
SELECT c.id, c.model, c.code, c.title, c.version_id, c.fiscal_year, c.round, c.status, c.template, c.opened_seq, c.opened_by,
       c.opened_at
FROM budget_cycle c JOIN plan_unit u ON u.cycle_id = c.id WHERE u.id = :id;

-- name: touched
-- Organisations whose cells were written in a version after a seq, by anything but the handing down of targets.
SELECT DISTINCT unit FROM plan_log WHERE version_id = :version_id AND seq > :after AND source NOT IN ('target', 'model')
AND unit <> '';

-- name: unannounced
-- Units of open cycles still in preparation whose due date comes within their cycle's days of notice, not yet told of it.
SELECT u.id, u.org, u.model, u.due_at, u.holder, c.title, c.round, c.id AS cycle_id
FROM plan_unit u JOIN budget_cycle c ON c.id = u.cycle_id
WHERE c.status = 'open' AND u.status = 'preparing' AND u.due_at IS NOT NULL
  AND u.due_at - CAST(c.template ->> 'remind_days' AS integer) <= CAST(:today AS date)
  AND (u.announced_for IS NULL OR u.announced_for <> u.due_at)
ORDER BY u.id FOR UPDATE OF u SKIP LOCKED;

-- name: announced
-- That a unit's holder was told of its due date.
UPDATE plan_unit SET announced_for = due_at WHERE id = :id;

-- name: change_author
-- Who made a change set, and from where.
SELECT author, source FROM plan_log WHERE version_id = :version_id AND seq = :seq ORDER BY unit LIMIT 1;
-- name: units_preparing
-- Plan units that are being filled, of open versions: from whom, and why returned if the newest case was.
SELECT p.id, p.org, p.model, p.held_since, p.due_at, v.code AS version, v.name AS version_name, m.name AS org_name,
       b.round, COALESCE(b.opened_by,
           (SELECT e.actor FROM action_entry e WHERE e.subject_kind = 'plan_unit' AND e.subject_id = p.id::text
              AND e.action = 'entry.open' ORDER BY e.id LIMIT 1), 'bihuan') AS opened_by,
       r.actor AS returned_by, r.comment AS returned_why
FROM plan_unit p JOIN version v ON v.id = p.version_id
LEFT JOIN budget_cycle b ON b.id = p.cycle_id
LEFT JOIN model o ON o.code = p.model
LEFT JOIN dimension d ON d.model_id = o.id AND d.code = 'org'
LEFT JOIN member m ON m.dimension_id = d.id AND m.code = p.org
LEFT JOIN LATERAL (
    SELECT i.id, i.status FROM flow_instance i WHERE i.subject_kind = 'plan_unit' AND i.subject_id = p.id
    ORDER BY i.id DESC LIMIT 1) c ON c.status IN ('returned', 'rejected', 'reopened')
LEFT JOIN LATERAL (
    SELECT a.actor, a.comment FROM flow_action a WHERE a.instance_id = c.id AND a.action IN ('return', 'reject', 'reopen')
    ORDER BY a.seq DESC LIMIT 1) r ON true
WHERE p.status = 'preparing' AND v.status = 'open' AND COALESCE(b.status, 'open') = 'open' ORDER BY p.id;
