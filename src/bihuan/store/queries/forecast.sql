-- name: insert_run
-- A run that is asked for; no row while another of the same forecast is open.
INSERT INTO forecast_run (model_id, code, author, at) VALUES (:model, :code, :author, :at)
ON CONFLICT (model_id, code) WHERE state IN ('queued', 'running') DO NOTHING RETURNING id;

-- name: run
-- One run with its author.
SELECT r.id, r.model_id, r.code, r.state, r.step, r.done, r.total, r.version_id, r.seq, r.revision, r.actual_seq, r.switchover,
       r.periods, r.snapshot, r.summary, r.problem, r.author, COALESCE(u.name, '系统') AS author_name, r.at, r.ended_at
FROM forecast_run r LEFT JOIN app_user u ON u.id = r.author WHERE r.id = :id;

-- name: last_done
-- The newest run of a forecast that stands.
SELECT r.id, r.model_id, r.code, r.state, r.step, r.done, r.total, r.version_id, r.seq, r.revision, r.actual_seq, r.switchover,
       r.periods, r.snapshot, r.summary, r.problem, r.author, COALESCE(u.name, '系统') AS author_name, r.at, r.ended_at
FROM forecast_run r LEFT JOIN app_user u ON u.id = r.author
WHERE r.model_id = :model AND r.code = :code AND r.state = 'done' ORDER BY r.id DESC LIMIT 1;

-- name: newest
-- The newest run of a forecast, whatever became of it.
SELECT r.id, r.model_id, r.code, r.state, r.step, r.done, r.total, r.version_id, r.seq, r.revision, r.actual_seq, r.switchover,
       r.periods, r.snapshot, r.summary, r.problem, r.author, COALESCE(u.name, '系统') AS author_name, r.at, r.ended_at
FROM forecast_run r LEFT JOIN app_user u ON u.id = r.author
WHERE r.model_id = :model AND r.code = :code ORDER BY r.id DESC LIMIT 1;

-- name: set_step
-- How far an open run has come; no row when it is no longer open.
UPDATE forecast_run SET state = 'running', step = :step, done = :done, total = :total
WHERE id = :id AND state IN ('queued', 'running') RETURNING id;

-- name: finish
-- A run is done.
UPDATE forecast_run SET state = 'done', step = '', version_id = :version, seq = :seq, revision = :revision,
       actual_seq = :actual_seq, switchover = :switchover, periods = CAST(:periods AS jsonb), snapshot = :snapshot,
       summary = CAST(:summary AS jsonb), ended_at = :at
WHERE id = :id;

-- name: fail
-- A run has failed, and why.
UPDATE forecast_run SET state = 'failed', step = '', problem = :problem, ended_at = :at
WHERE id = :id AND state IN ('queued', 'running');

-- name: undone
-- A run was taken back.
UPDATE forecast_run SET state = 'undone' WHERE id = :id AND state = 'done' RETURNING id;

-- name: insert_series
-- What a run said of a series.
INSERT INTO forecast_series (run_id, item, members, kind, method, basis, history, baseline, kept, errors, scores)
VALUES (:run, :item, :members, :kind, :method, :basis, :history, CAST(:baseline AS jsonb), CAST(:kept AS jsonb),
        CAST(:errors AS jsonb), CAST(:scores AS jsonb));

-- name: series
-- What a run said of the series of one item.
SELECT members, kind, method, basis, history, baseline, kept, errors, scores FROM forecast_series
WHERE run_id = :run AND item = :item ORDER BY members;

-- name: kept
-- The edits of people that a run kept.
SELECT item, members, kept FROM forecast_series WHERE run_id = :run AND kept <> '{}'::jsonb ORDER BY item, members;

-- name: log
-- Change sets of a version after a seq, in order, with who made them and what they take back.
SELECT seq, kind, source, author, undoes, payload FROM plan_log WHERE version_id = :version AND seq > :after ORDER BY seq, unit;

-- name: change_sets
-- Who made some change sets of a version, when and why.
SELECT DISTINCT l.seq, l.at, l.reason, COALESCE(u.name, '系统') AS author
FROM plan_log l LEFT JOIN app_user u ON u.id = l.author WHERE l.version_id = :version AND l.seq = ANY(:seqs);
