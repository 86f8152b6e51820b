-- name: flow_latest
-- The newest revision of a flow.
SELECT id, code, revision, definition FROM flow WHERE code = :code ORDER BY revision DESC LIMIT 1;

-- name: flow_lock
-- Makes writers of revisions of one flow wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('flow:' || :code, 0));

-- name: flow_insert
-- A new revision.
INSERT INTO flow (code, revision, definition)
VALUES (:code, COALESCE((SELECT max(revision) FROM flow WHERE code = :code), 0) + 1, CAST(:definition AS jsonb))
RETURNING id;

-- name: role_holders
-- Logins of the active users who hold a role now.
SELECT DISTINCT u.id, u.login FROM app_user u JOIN user_role ur ON ur.user_id = u.id JOIN role r ON r.id = ur.role_id
WHERE r.code = :role AND u.active AND (ur.until IS NULL OR ur.until > :now) ORDER BY u.login;

-- name: active_users
-- The active ones of some logins.
SELECT id, login FROM app_user WHERE login = ANY(:logins) AND active ORDER BY login;

-- name: instance_insert
-- Starts an instance; no row comes back when one of the subject is open.
INSERT INTO flow_instance (flow_id, subject_kind, subject_id, title, place, requester_id, requester, status, node, started_at)
VALUES (:flow_id, :subject_kind, :subject_id, :title, CAST(:place AS jsonb), :requester_id, :requester, 'running', 0, :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: instance
-- One instance with its definition.
SELECT i.id, i.flow_id, f.definition, i.subject_kind, i.subject_id, i.title, i.place, i.requester_id, i.requester, i.status,
       i.node, i.round, i.started_at, i.ended_at
FROM flow_instance i JOIN flow f ON f.id = i.flow_id WHERE i.id = :id;

-- name: instance_lock
-- The same under the row's lock: of two who act at once the second sees what the first did.
SELECT i.id, i.flow_id, f.definition, i.subject_kind, i.subject_id, i.title, i.place, i.requester_id, i.requester, i.status,
       i.node, i.round, i.started_at, i.ended_at
FROM flow_instance i JOIN flow f ON f.id = i.flow_id WHERE i.id = :id FOR UPDATE OF i;

-- name: instance_of
-- The newest instance of a subject.
SELECT id FROM flow_instance WHERE subject_kind = :kind AND subject_id = :id ORDER BY id DESC LIMIT 1;

-- name: instance_status
-- Where an instance stands.
SELECT status FROM flow_instance WHERE id = :id;

-- name: instance_requester
-- Who submitted an instance.
SELECT requester FROM flow_instance WHERE id = :id;

-- name: had_task
-- True if a person has or had a task in an instance.
SELECT EXISTS (SELECT FROM task WHERE instance_id = :instance_id AND holder_id = :user_id);

-- name: instance_update
-- Moves an instance.
UPDATE flow_instance SET status = :status, node = :node, round = :round, ended_at = :ended_at WHERE id = :id;

-- name: task_insert
-- Somebody's turn.
INSERT INTO task (instance_id, node, round, holder_id, holder, created_at, due_at)
VALUES (:instance_id, :node, :round, :holder_id, :holder, :at, :due_at) RETURNING id;

-- name: task
-- One task.
SELECT id, instance_id, node, round, holder_id, holder, status, created_at, due_at FROM task WHERE id = :id;

-- name: task_end
-- A task is done, or taken away.
UPDATE task SET status = :status, ended_at = :at WHERE id = :id;

-- name: tasks_cancel
-- The other open tasks of an instance fall away.
UPDATE task SET status = 'cancelled', ended_at = :at WHERE instance_id = :instance_id AND status = 'open';

-- name: tasks_open
-- Who holds an instance, since when.
SELECT id, node, holder_id, holder, created_at, due_at FROM task
WHERE instance_id = :instance_id AND status = 'open' ORDER BY id;

-- name: tasks_of
-- A person's open tasks, oldest first.
SELECT t.id, t.instance_id, i.title, i.subject_kind, i.subject_id, i.requester, i.definition_title, t.node, t.round,
       t.created_at, t.due_at
FROM task t
JOIN (SELECT fi.*, f.definition ->> 'title' AS definition_title FROM flow_instance fi JOIN flow f ON f.id = fi.flow_id) i
     ON i.id = t.instance_id
WHERE t.holder_id = :holder_id AND t.status = 'open' ORDER BY t.created_at, t.id;

-- name: action_last
-- The end of an instance's chain.
SELECT seq, hash FROM flow_action WHERE instance_id = :instance_id ORDER BY seq DESC LIMIT 1;

-- name: action_insert
-- Appends to the chain.
INSERT INTO flow_action (instance_id, seq, task_id, node, round, action, actor_id, actor, comment, at, previous, hash)
VALUES (:instance_id, :seq, :task_id, :node, :round, :action, :actor_id, :actor, :comment, :at, :previous, :hash);

-- name: actions
-- The chain of an instance from its beginning.
SELECT instance_id, seq, task_id, node, round, action, actor_id, actor, comment, at, previous, hash
FROM flow_action WHERE instance_id = :instance_id ORDER BY seq;
