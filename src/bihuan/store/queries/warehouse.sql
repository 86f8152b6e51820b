-- name: share_files
-- Held to the end of the transaction by whoever writes a file, so that the sweep never meets a file before its row.
SELECT pg_advisory_xact_lock_shared(4501);

-- name: own_files
-- Held by the sweep alone: waits until every writer's row is committed or gone.
SELECT pg_advisory_xact_lock(4501);

-- name: add_file
-- Makes a file exist; the same content is one file.
INSERT INTO warehouse_file (hash, kind, bytes, created_at) VALUES (:hash, :kind, :bytes, :now)
ON CONFLICT (hash) DO NOTHING;

-- name: file
-- One file's row.
SELECT hash, kind, bytes FROM warehouse_file WHERE hash = :hash;

-- name: files
-- Every file that must be on disk: what a backup copies and verifies.
SELECT hash, kind, bytes FROM warehouse_file ORDER BY hash;

-- name: add_to_manifest
-- Lets queries see a file as part of a table.
INSERT INTO warehouse_manifest (table_name, hash, batch_id, rows, min_period, max_period)
VALUES (:table_name, :hash, :batch_id, :rows, :min_period, :max_period);

-- name: manifest
-- The files of a table that may hold lines of a span of periods, by the batches named (null: all).
SELECT m.hash, m.batch_id, m.rows, f.bytes
FROM warehouse_manifest m JOIN warehouse_file f USING (hash)
WHERE m.table_name = :table_name
  AND (CAST(:batches AS bigint[]) IS NULL OR m.batch_id = ANY(CAST(:batches AS bigint[])))
  AND (CAST(:first AS text) IS NULL OR m.max_period IS NULL OR m.max_period >= :first)
  AND (CAST(:last AS text) IS NULL OR m.min_period IS NULL OR m.min_period <= :last)
ORDER BY m.batch_id, m.hash;

-- name: take_lease
-- Stops the sweep until the lease is released or runs out.
INSERT INTO backup_lease (holder, taken_at, expires_at) VALUES (:holder, :now, :expires_at) RETURNING id;

-- name: release_lease
-- Lets the sweep run again.
DELETE FROM backup_lease WHERE id = :id;

-- name: live_leases
-- How many backups are copying files now.
SELECT count(*) FROM backup_lease WHERE expires_at > :now;
