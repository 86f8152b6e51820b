-- name: lock_heads
-- Locks the heads of the given versions in id order, so that two writers never wait for each other; held to commit.
SELECT v.id, v.model_id, v.code, v.name, v.role, v.bound, v.status, v.base_version_id, v.base_seq, h.seq, h.revision,
       h.manifest_id
FROM plan_head h JOIN version v ON v.id = h.version_id WHERE h.version_id = ANY(:ids) ORDER BY h.version_id FOR UPDATE OF h;

-- name: advance
-- The next seq of a head that this transaction holds locked.
UPDATE plan_head SET seq = seq + 1, revision = COALESCE(CAST(:revision AS integer), revision)
WHERE version_id = :version RETURNING seq;

-- name: append
-- One row of a change set: its cells of one plan unit.
INSERT INTO plan_log (version_id, seq, unit, kind, revision, author, at, source, reason, undoes, cells, payload)
VALUES (:version, :seq, :unit, :kind, :revision, :author, :at, :source, :reason, :undoes, :cells, :payload);

-- name: tail
-- Committed change sets of a version after one seq up to another, in order.
SELECT seq, unit, kind, revision, payload FROM plan_log
WHERE version_id = :version AND seq > :after AND seq <= :upto ORDER BY seq, unit;

-- name: change_set
-- One change set with its author.
SELECT l.seq, l.unit, l.kind, l.revision, l.author, l.at, l.source, l.reason, l.undoes, l.payload,
       COALESCE(u.name, '系统') AS author_name
FROM plan_log l LEFT JOIN app_user u ON u.id = l.author
WHERE l.version_id = :version AND l.seq = :seq ORDER BY l.unit;

-- name: recent_changes
-- Change sets of a version that may touch a unit, newest first; '*' = any unit.
SELECT l.version_id, l.seq, l.unit, l.kind, l.author, l.at, l.source, l.reason, l.payload,
       COALESCE(u.name, '系统') AS author_name
FROM plan_log l LEFT JOIN app_user u ON u.id = l.author
WHERE l.version_id = :version AND l.seq <= :upto AND l.seq > :after AND (:unit = '*' OR l.unit = :unit OR l.unit = '')
ORDER BY l.seq DESC, l.unit;

-- name: undoers
-- The change sets that took this one back, latest first; each may have been taken back itself.
SELECT DISTINCT seq FROM plan_log WHERE version_id = :version AND undoes = :seq ORDER BY seq DESC;

-- name: insert_merge
-- A change set of a version that brought a branch's edits in, up to a seq of the branch.
INSERT INTO plan_merge (version_id, seq, branch_id, branch_seq) VALUES (:version, :seq, :branch, :branch_seq);

-- name: merged_up_to
-- The newest seq of a branch that is in its base and was not taken back; null: none.
SELECT max(m.branch_seq) FROM plan_merge m WHERE m.version_id = :version AND m.branch_id = :branch
AND NOT EXISTS (SELECT 1 FROM plan_log l WHERE l.version_id = m.version_id AND l.undoes = m.seq);

-- name: version
-- One version by id with its head.
SELECT v.id, v.model_id, v.code, v.name, v.role, v.bound, v.status, v.base_version_id, v.base_seq, h.seq, h.revision,
       h.manifest_id
FROM version v JOIN plan_head h ON h.version_id = v.id WHERE v.id = :id;

-- name: versions
-- All versions of a model (0 = of all models) with their heads.
SELECT v.id, v.model_id, v.code, v.name, v.role, v.bound, v.status, v.base_version_id, v.base_seq, h.seq, h.revision,
       h.manifest_id
FROM version v JOIN plan_head h ON h.version_id = v.id
WHERE :model = 0 OR v.model_id = :model ORDER BY v.model_id, v.id;

-- name: branches_made
-- Who forked which branch when, of a model (0 = of all models).
SELECT m.version_id, m.at, COALESCE(u.name, '系统') AS author_name
FROM plan_manifest m JOIN version v ON v.id = m.version_id LEFT JOIN app_user u ON u.id = m.author
WHERE m.kind = 'branch' AND (:model = 0 OR v.model_id = :model);

-- name: version_named
-- The version of this code, else the one bound to this role.
SELECT v.id, v.model_id, v.code, v.name, v.role, v.bound, v.status, v.base_version_id, v.base_seq, h.seq, h.revision,
       h.manifest_id
FROM version v JOIN plan_head h ON h.version_id = v.id
WHERE v.model_id = :model AND (v.code = :name OR (v.bound AND v.role = :name))
ORDER BY (v.code = :name) DESC LIMIT 1;

-- name: versions_of_roles
-- The versions that formulas mean by these roles, with their heads.
SELECT v.id, v.model_id, v.code, v.name, v.role, v.bound, v.status, v.base_version_id, v.base_seq, h.seq, h.revision,
       h.manifest_id
FROM version v JOIN plan_head h ON h.version_id = v.id WHERE v.model_id = :model AND v.role = ANY(:roles) AND v.bound;

-- name: insert_version
-- A new version; no row when the code is taken.
INSERT INTO version (model_id, code, name, role, base_version_id, base_seq, at)
VALUES (:model, :code, :name, :role, :base, :base_seq, :at) ON CONFLICT (model_id, code) DO NOTHING RETURNING id;

-- name: unbind_role
-- No version of the model is meant by this role any more.
UPDATE version SET bound = false WHERE model_id = :model AND role = :role AND bound;

-- name: bind_role
-- Formulas that name the version's role mean this version.
UPDATE version SET bound = true WHERE id = :id;

-- name: set_status
-- Opens, releases or closes a version.
UPDATE version SET status = :status WHERE id = :id;

-- name: insert_head
-- The head of a new version.
INSERT INTO plan_head (version_id, model_id, seq, revision, manifest_id) VALUES (:version, :model, 0, :revision, :manifest);

-- name: insert_manifest
-- A manifest: blocks, then tails, are the version at seq.
INSERT INTO plan_manifest (version_id, kind, name, seq, revision, blocks, tails, derived, frozen, parent_id, author, at)
VALUES (:version, :kind, :name, :seq, :revision, CAST(:blocks AS jsonb), CAST(:tails AS jsonb), CAST(:derived AS jsonb),
        CAST(:frozen AS jsonb), :parent, :author, :at) RETURNING id;

-- name: manifest
-- One manifest.
SELECT id, version_id, kind, name, seq, revision, blocks, tails, derived, frozen FROM plan_manifest WHERE id = :id;

-- name: manifest_at
-- The manifest nearest below a seq of a version; of several the one with the fewest log rows to replay.
SELECT id, version_id, kind, name, seq, revision, blocks, tails, derived, frozen FROM plan_manifest
WHERE version_id = :version AND seq <= :seq ORDER BY seq DESC, jsonb_array_length(tails), id DESC LIMIT 1;

-- name: manifest_named
-- A named state of a version.
SELECT id, version_id, kind, name, seq, revision, blocks, tails, derived, frozen FROM plan_manifest
WHERE version_id = :version AND name = :name AND kind IN ('snapshot', 'submit', 'release');

-- name: manifests
-- Named states of a version, newest first.
SELECT id, kind, name, seq, revision, author, at FROM plan_manifest
WHERE version_id = :version AND kind IN ('snapshot', 'submit', 'release') ORDER BY seq DESC, id DESC;

-- name: swap_manifest
-- The head's manifest becomes a newer one; no row when another fold was faster.
UPDATE plan_head SET manifest_id = :manifest WHERE version_id = :version AND manifest_id = :was RETURNING version_id;

-- name: unfolded
-- Versions whose head has run at least so many change sets ahead of its manifest.
SELECT h.version_id, h.seq, m.seq AS folded FROM plan_head h JOIN plan_manifest m ON m.id = h.manifest_id
WHERE h.seq - m.seq >= :least ORDER BY h.version_id;

-- name: insert_block
-- A block, unless one of the same content is there.
INSERT INTO plan_block (hash, item_group, fiscal_year, rows, bytes) VALUES (:hash, :item_group, :fiscal_year, :rows, :bytes)
ON CONFLICT (hash) DO NOTHING;

-- name: blocks
-- The bytes of blocks.
SELECT hash, bytes FROM plan_block WHERE hash = ANY(:hashes);

-- name: locks
-- What of a version is locked, by whom and why.
SELECT org, kind, items, why, holder FROM plan_lock WHERE version_id = :version ORDER BY org, kind;

-- name: put_lock
-- Locks a unit; a second lock of the same kind replaces the first.
INSERT INTO plan_lock (version_id, org, kind, items, why, holder, at)
VALUES (:version, :org, :kind, CAST(:items AS jsonb), :why, :holder, :at)
ON CONFLICT (version_id, org, kind) DO UPDATE
SET items = EXCLUDED.items, why = EXCLUDED.why, holder = EXCLUDED.holder, at = EXCLUDED.at;

-- name: drop_lock
-- Unlocks a unit.
DELETE FROM plan_lock WHERE version_id = :version AND org = :org AND kind = :kind;

-- name: switchovers
-- Up to which period which items of a version show actuals.
SELECT period, why, array_agg(item ORDER BY item) AS items FROM plan_switchover WHERE version_id = :version
GROUP BY period, why ORDER BY period, why;

-- name: put_switchover
-- An item of a version shows actuals up to a period from here on.
INSERT INTO plan_switchover (version_id, item, period, why, at) VALUES (:version, :item, :period, :why, :at)
ON CONFLICT (version_id, item) DO UPDATE SET period = EXCLUDED.period, why = EXCLUDED.why, at = EXCLUDED.at;

-- name: drop_switchover
-- Some items of a version show no actuals any more.
DELETE FROM plan_switchover WHERE version_id = :version AND item = ANY(:items);

-- name: holds
-- What a person holds in a version, oldest first.
SELECT item, members, period FROM plan_hold WHERE version_id = :version AND user_id = :user ORDER BY id;

-- name: hold
-- Holds a node; held already it stays so.
INSERT INTO plan_hold (version_id, user_id, item, members, period, at)
VALUES (:version, :user, :item, CAST(:members AS jsonb), :period, :at)
ON CONFLICT (version_id, user_id, item, members, period) DO NOTHING;

-- name: release_hold
-- Lets a node go.
DELETE FROM plan_hold
WHERE version_id = :version AND user_id = :user AND item = :item AND members = CAST(:members AS jsonb) AND period = :period;

-- name: release_holds
-- Lets everything go that a person holds in a version.
DELETE FROM plan_hold WHERE version_id = :version AND user_id = :user;
