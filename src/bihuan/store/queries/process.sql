-- name: flow_latest
-- The newest revision of a model's flow, else of the one that every model may use.
SELECT id, model, code, revision, definition FROM flow WHERE code = :code AND model IN (:model, '')
ORDER BY model DESC, revision DESC LIMIT 1;

-- name: flow_own
-- The newest revision of exactly this model's flow.
SELECT id, code, revision, definition FROM flow WHERE code = :code AND model = :model ORDER BY revision DESC LIMIT 1;

-- name: flow_lock
-- Makes writers of revisions of one flow wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('flow:' || :model || ':' || :code, 0));

-- name: flow_insert
-- A new revision.
INSERT INTO flow (model, code, revision, definition)
VALUES (:model, :code, COALESCE((SELECT max(revision) FROM flow WHERE code = :code AND model = :model), 0) + 1,
        CAST(:definition AS jsonb))
RETURNING id;

-- name: flows
-- The newest revision of every flow.
SELECT DISTINCT ON (model, code) model, code, revision, definition FROM flow ORDER BY model, code, revision DESC;

-- name: role_codes
-- The roles there are.
SELECT code FROM role ORDER BY code;

-- name: role_holders
-- The active users who hold a role now.
SELECT DISTINCT u.id, u.login FROM app_user u JOIN user_role ur ON ur.user_id = u.id JOIN role r ON r.id = ur.role_id
WHERE r.code = :role AND u.active AND (ur.until IS NULL OR ur.until > :now) ORDER BY u.login;

-- name: active_users
-- The active ones of some logins.
SELECT id, login FROM app_user WHERE login = ANY(:logins) AND active ORDER BY login;

-- name: all_active
-- Every active user who holds some role now.
SELECT DISTINCT u.login FROM app_user u JOIN user_role ur ON ur.user_id = u.id
WHERE u.active AND (ur.until IS NULL OR ur.until > now()) ORDER BY u.login;

-- name: instance_insert
-- Starts an instance; no row comes back when one of the subject is open.
INSERT INTO flow_instance (flow_id, subject_kind, subject_id, title, place, requester_id, requester, status, node, started_at)
VALUES (:flow_id, :subject_kind, :subject_id, :title, CAST(:place AS jsonb), :requester_id, :requester, 'running', 0, :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: instance
-- One instance with its definition.
SELECT i.id, i.flow_id, f.definition, i.subject_kind, i.subject_id, i.title, i.place, i.requester_id, i.requester, i.status,
       i.node, i.round, i.resume, i.started_at, i.ended_at
FROM flow_instance i JOIN flow f ON f.id = i.flow_id WHERE i.id = :id;

-- name: instance_lock
-- The same under the row's lock: of two who act at once the second sees what the first did.
SELECT i.id, i.flow_id, f.definition, i.subject_kind, i.subject_id, i.title, i.place, i.requester_id, i.requester, i.status,
       i.node, i.round, i.resume, i.started_at, i.ended_at
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
UPDATE flow_instance SET status = :status, node = :node, round = :round, resume = :resume, ended_at = :ended_at
WHERE id = :id;

-- name: visited
-- The nodes (indexes) whose turn it has been in a case.
SELECT DISTINCT node FROM task WHERE instance_id = :instance_id ORDER BY node;

-- name: task_owners
-- Whose turn each task of a case is or was.
SELECT t.id, t.node, t.round, t.holder, t.status, t.created_at, t.due_at, t.ended_at FROM task t
WHERE t.instance_id = :instance_id ORDER BY t.id;

-- name: last_reminder
-- When a person last reminded the holders of a case.
SELECT max(at) FROM flow_action WHERE instance_id = :instance_id AND actor_id = :actor_id AND action = 'remind';

-- name: started_by
-- Cases a person asked for, those under way first, newest first.
SELECT i.id, i.subject_kind, i.subject_id, i.title, i.status, i.node, i.round, i.started_at, i.ended_at, f.definition,
       (SELECT max(a.at) FROM flow_action a WHERE a.instance_id = i.id AND a.action <> 'remind') AS moved_at,
       ARRAY(SELECT COALESCE(u.name, t.holder) FROM task t LEFT JOIN app_user u ON u.id = t.holder_id
             WHERE t.instance_id = i.id AND t.status = 'open' ORDER BY t.id) AS holders,
       (SELECT min(t.created_at) FROM task t WHERE t.instance_id = i.id AND t.status = 'open') AS held_since,
       (SELECT min(t.due_at) FROM task t WHERE t.instance_id = i.id AND t.status = 'open') AS due_at
FROM flow_instance i JOIN flow f ON f.id = i.flow_id
WHERE i.requester_id = :user_id
ORDER BY (i.status IN ('running', 'returned')) DESC, i.id DESC LIMIT :limit;

-- name: done_by
-- What a person decided, newest first.
SELECT t.id, t.instance_id, i.title, i.subject_kind, i.subject_id, i.status, COALESCE(u.name, i.requester) AS requester,
       t.created_at, t.ended_at,
       (SELECT a.action FROM flow_action a WHERE a.instance_id = i.id AND a.task_id = t.id ORDER BY a.seq DESC LIMIT 1) AS action
FROM task t JOIN flow_instance i ON i.id = t.instance_id LEFT JOIN app_user u ON u.id = i.requester_id
WHERE t.holder_id = :user_id AND t.status = 'done' ORDER BY t.ended_at DESC, t.id DESC LIMIT :limit;

-- name: open_cases
-- Cases under way, with who has them, oldest turn first.
SELECT i.id, i.subject_kind, i.subject_id, i.title, i.place, i.status, i.round, i.started_at,
       COALESCE(u.name, i.requester) AS requester, t.id AS task_id, t.holder, COALESCE(h.name, t.holder) AS holder_name,
       t.created_at, t.due_at, f.definition -> 'nodes' -> t.node ->> 'title' AS node
FROM flow_instance i JOIN flow f ON f.id = i.flow_id JOIN task t ON t.instance_id = i.id AND t.status = 'open'
LEFT JOIN app_user u ON u.id = i.requester_id LEFT JOIN app_user h ON h.id = t.holder_id
WHERE i.status = 'running' ORDER BY t.created_at, t.id LIMIT :limit;

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
SELECT t.id, t.instance_id, i.title, i.subject_kind, i.subject_id, COALESCE(u.name, i.requester) AS requester,
       f.definition ->> 'title' AS definition_title, f.definition -> 'nodes' -> t.node ->> 'title' AS node_title, t.node,
       t.round, t.created_at, t.due_at, i.place
FROM task t JOIN flow_instance i ON i.id = t.instance_id JOIN flow f ON f.id = i.flow_id
LEFT JOIN app_user u ON u.id = i.requester_id
WHERE t.holder_id = :holder_id AND t.status = 'open' ORDER BY t.created_at, t.id;

-- name: action_last
-- The end of an instance's chain.
SELECT seq, hash FROM flow_action WHERE instance_id = :instance_id ORDER BY seq DESC LIMIT 1;

-- name: action_insert
-- Appends to the chain.
INSERT INTO flow_action (instance_id, seq, task_id, node, round, action, actor_id, actor, comment, target, opened, at,
                         previous, hash)
VALUES (:instance_id, :seq, :task_id, :node, :round, :action, :actor_id, :actor, :comment, :target, :opened, :at,
        :previous, :hash);

-- name: actions
-- The chain of an instance from its beginning.
SELECT instance_id, seq, task_id, node, round, action, actor_id, actor, comment, target, opened, at, previous, hash
FROM flow_action WHERE instance_id = :instance_id ORDER BY seq;
