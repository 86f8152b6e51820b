-- name: add_source
-- A new source, or the next revision of one.
INSERT INTO source (code, model, revision) VALUES (:code, :model, 1)
ON CONFLICT (code) DO UPDATE SET model = excluded.model, revision = source.revision + 1
RETURNING revision;

-- name: add_revision
-- Keeps the text of a source's revision.
INSERT INTO source_revision (source, revision, definition, mapping, author, at)
VALUES (:source, :revision, :definition, :mapping, :author, :now);

-- name: source
-- A source with its newest text.
SELECT s.code, s.model, s.revision, s.published, r.definition, r.mapping
FROM source s JOIN source_revision r ON r.source = s.code AND r.revision = s.revision
WHERE s.code = :code;

-- name: sources
-- All sources, newest text.
SELECT s.code, s.model, s.revision, r.definition, r.mapping
FROM source s JOIN source_revision r ON r.source = s.code AND r.revision = s.revision ORDER BY s.code;

-- name: lock_source
-- Held by publish to its commit: one batch of a source at a time judges what is already imported.
SELECT published FROM source WHERE code = :code FOR UPDATE;

-- name: published_so_far
-- How many batches of a source count; a batch prepared before another was published is stale.
SELECT published FROM source WHERE code = :code;

-- name: add_batch
-- One run over one file.
INSERT INTO load_batch (source, file_hash, file_name, state, author, landed_at)
VALUES (:source, :file_hash, :file_name, 'landed', :author, :now) RETURNING id;

-- name: batch
-- One batch.
SELECT * FROM load_batch WHERE id = :id;

-- name: lock_batch
-- One batch, to change its state.
SELECT * FROM load_batch WHERE id = :id FOR UPDATE;

-- name: batches
-- The newest batches, of one source or all.
SELECT * FROM load_batch WHERE CAST(:source AS text) IS NULL OR source = :source ORDER BY id DESC LIMIT :count;

-- name: same_file
-- The newest batch of the same file through the same source that was not refused.
SELECT * FROM load_batch WHERE source = :source AND file_hash = :file_hash AND state <> 'refused' ORDER BY id DESC LIMIT 1;

-- name: published_batches
-- Batches of a source that count, of one file or all.
SELECT id FROM load_batch WHERE source = :source AND state = 'published'
  AND (CAST(:file_hash AS text) IS NULL OR file_hash = :file_hash) ORDER BY id;

-- name: open_rejected
-- How many lines of a batch are still on the error desk.
SELECT count(*) FROM rejected_line WHERE batch_id = :batch_id AND resolved_by IS NULL;

-- name: refuse_batch
-- The file cannot be read as a whole.
UPDATE load_batch SET state = 'refused', message = :message WHERE id = :id;

-- name: prepared
-- What mapping and validation found.
UPDATE load_batch SET state = 'prepared', message = '', revision = :revision, published_before = :published_before,
    records = :records, counts = CAST(:counts AS jsonb), lines_hash = :lines_hash
WHERE id = :id;

-- name: drop_lines
-- Ends the prepared lines that a new preparation replaced, unless something names them; the sweep removes the file.
DELETE FROM warehouse_file f WHERE f.hash = :hash
  AND NOT EXISTS (SELECT 1 FROM warehouse_manifest m WHERE m.hash = f.hash)
  AND NOT EXISTS (SELECT 1 FROM load_batch b WHERE b.file_hash = f.hash OR b.lines_hash = f.hash);

-- name: published
-- The batch counts from this transaction on.
UPDATE load_batch SET state = 'published', published_at = :now, change_seq = :change_seq WHERE id = :id;

-- name: count_publication
-- One more batch of the source is published: prepared ones are stale.
UPDATE source SET published = published + 1 WHERE code = :code;

-- name: clear_rejected
-- Forgets the rejected lines of a batch that is prepared again.
DELETE FROM rejected_line WHERE batch_id = :batch_id;

-- name: add_rejected
-- The error desk's lines of a batch, all at once; ``lines`` is a JSON array of objects.
INSERT INTO rejected_line (batch_id, record, outcome, field, value, voucher, account, period, amount, raw)
SELECT :batch_id, l.record, l.outcome, l.field, l.value, l.voucher, l.account, l.period, l.amount, l.raw
FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(
    record int, outcome text, field text, value text, voucher text, account text, period text, amount numeric(18, 2), raw jsonb);

-- name: resolve_rejected
-- Lines of earlier batches of the same file that this batch has taken over: stored, or rejected again as its own.
UPDATE rejected_line r SET resolved_by = :batch_id FROM load_batch b
WHERE b.id = r.batch_id AND b.source = :source AND b.file_hash = :file_hash AND b.id <> :batch_id AND r.resolved_by IS NULL;

-- name: open_vouchers
-- Vouchers with open rejected lines in published batches of a source.
SELECT DISTINCT r.period, r.voucher FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE b.source = :source AND b.state = 'published' AND r.resolved_by IS NULL AND r.voucher <> '' AND r.batch_id <> :batch_id;

-- name: resolve_voucher
-- Lines rejected earlier whose voucher has now come in with another file of the source.
UPDATE rejected_line r SET resolved_by = :batch_id FROM load_batch b
WHERE b.id = r.batch_id AND b.source = :source AND b.state = 'published' AND r.resolved_by IS NULL
  AND r.batch_id <> :batch_id AND r.period = :period AND r.voucher = :voucher;

-- name: rejected
-- The error desk: open lines, of one batch or of a source.
SELECT r.batch_id, r.record, r.outcome, r.field, r.value, r.voucher, r.account, r.period, r.amount, r.raw
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE r.resolved_by IS NULL AND (CAST(:batch_id AS bigint) IS NULL OR r.batch_id = :batch_id)
  AND (CAST(:source AS text) IS NULL OR b.source = :source)
ORDER BY r.batch_id, r.record LIMIT :count;

-- name: rejected_by_reason
-- The error desk in short: how many open lines for which reason, and their amount without sign.
SELECT r.outcome, r.field, r.value, count(*) AS lines, sum(abs(r.amount)) AS amount
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE r.resolved_by IS NULL AND (CAST(:batch_id AS bigint) IS NULL OR r.batch_id = :batch_id)
  AND (CAST(:source AS text) IS NULL OR b.source = :source)
GROUP BY r.outcome, r.field, r.value ORDER BY count(*) DESC, r.outcome, r.field, r.value LIMIT 500;

-- name: rejected_totals
-- Open rejected amounts of a source's published batches and one prepared batch, by account and period.
SELECT r.account, r.period, coalesce(sum(r.amount), 0) AS amount, count(*) FILTER (WHERE r.amount IS NULL) AS unreadable
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE b.source = :source AND r.resolved_by IS NULL AND (b.state = 'published' OR b.id = CAST(:batch_id AS bigint))
GROUP BY r.account, r.period;

-- name: set_control_total
-- What the books say; a newer statement replaces the older.
INSERT INTO control_total (source, account, period, amount, at) VALUES (:source, :account, :period, :amount, :now)
ON CONFLICT (source, account, period) DO UPDATE SET amount = excluded.amount, at = excluded.at;

-- name: control_totals
-- What the books say about a source's accounts.
SELECT account, period, amount FROM control_total WHERE source = :source ORDER BY account, period;

-- name: period_statuses
-- Periods of a model that take no actuals.
SELECT period, status FROM period_status WHERE model = :model;

-- name: shut_period
-- Closes a period, or marks it not yet open.
INSERT INTO period_status (model, period, status) VALUES (:model, :period, :status)
ON CONFLICT (model, period) DO UPDATE SET status = excluded.status;

-- name: open_period
-- A period without a row is open.
DELETE FROM period_status WHERE model = :model AND period = :period;
