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
INSERT INTO load_batch (source, file_hash, file_name, state, continues, round, author, landed_at)
VALUES (:source, :file_hash, :file_name, 'landed', :continues, :round, :author, :now) RETURNING id;

-- name: batch
-- One batch.
SELECT b.*, s.model FROM load_batch b JOIN source s ON s.code = b.source WHERE b.id = :id;

-- name: lock_batch
-- One batch, to change its state.
SELECT b.*, s.model FROM load_batch b JOIN source s ON s.code = b.source WHERE b.id = :id FOR UPDATE OF b;

-- name: batches
-- The newest batches, of one source or all.
SELECT b.*, s.model FROM load_batch b JOIN source s ON s.code = b.source
WHERE CAST(:source AS text) IS NULL OR b.source = :source ORDER BY b.id DESC LIMIT :count;

-- name: same_file
-- The newest batch of the same file through the same source that was not refused.
SELECT b.*, s.model FROM load_batch b JOIN source s ON s.code = b.source
WHERE b.source = :source AND b.file_hash = :file_hash AND b.state <> 'refused' ORDER BY b.id DESC LIMIT 1;

-- name: published_batches
-- Batches of a source that count, of one file or all.
SELECT id FROM load_batch WHERE source = :source AND state = 'published'
  AND (CAST(:file_hash AS text) IS NULL OR file_hash = :file_hash) ORDER BY id;

-- name: open_rejected
-- How many lines of a batch are still on the error desk.
SELECT count(*) FROM rejected_line WHERE batch_id = :batch_id AND resolved_by IS NULL AND outcome <> 'DISMISSED';

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
WHERE b.source = :source AND b.state = 'published' AND r.resolved_by IS NULL AND r.outcome <> 'DISMISSED'
  AND r.voucher <> '' AND r.batch_id <> :batch_id;

-- name: resolve_voucher
-- Lines rejected earlier whose voucher has now come in with another file of the source.
UPDATE rejected_line r SET resolved_by = :batch_id FROM load_batch b
WHERE b.id = r.batch_id AND b.source = :source AND b.state = 'published' AND r.resolved_by IS NULL
  AND r.batch_id <> :batch_id AND r.period = :period AND r.voucher = :voucher;

-- name: rejected
-- The error desk: open lines, of one batch or of a source.
SELECT r.batch_id, r.record, r.outcome, r.field, r.value, r.voucher, r.account, r.period, r.amount, r.raw
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE r.resolved_by IS NULL AND r.outcome <> 'DISMISSED' AND (CAST(:batch_id AS bigint) IS NULL OR r.batch_id = :batch_id)
  AND (CAST(:source AS text) IS NULL OR b.source = :source)
  AND (CAST(:outcome AS text) IS NULL OR r.outcome = :outcome)
  AND (CAST(:field AS text) IS NULL OR r.field = :field) AND (CAST(:value AS text) IS NULL OR r.value = :value)
ORDER BY r.batch_id, r.record LIMIT :count OFFSET :skip;

-- name: rejected_records
-- Open lines of a batch by record, to be mended.
SELECT r.batch_id, r.record, r.outcome, r.field, r.value, r.voucher, r.account, r.period, r.amount, r.raw
FROM rejected_line r
WHERE r.batch_id = :batch_id AND r.record = ANY(:records) AND r.resolved_by IS NULL AND r.outcome <> 'DISMISSED'
ORDER BY r.record;

-- name: rejected_of_voucher
-- Open lines of a batch that belong to one voucher.
SELECT r.record FROM rejected_line r
WHERE r.batch_id = :batch_id AND r.voucher = :voucher AND r.period = :period AND r.resolved_by IS NULL
  AND r.outcome <> 'DISMISSED' ORDER BY r.record;

-- name: rejected_by_reason
-- The error desk in short: how many open lines for which reason, and their amount without sign; a voucher's number is no reason.
SELECT r.outcome, r.field, CASE WHEN r.field = 'voucher' THEN '' ELSE r.value END AS value, count(*) AS lines,
       sum(abs(r.amount)) AS amount
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE r.resolved_by IS NULL AND r.outcome <> 'DISMISSED' AND (CAST(:batch_id AS bigint) IS NULL OR r.batch_id = :batch_id)
  AND (CAST(:source AS text) IS NULL OR b.source = :source)
GROUP BY 1, 2, 3 ORDER BY r.outcome = 'VOUCHER_REJECTED', count(*) DESC, 1, 2, 3 LIMIT 500;

-- name: rejected_totals
-- Open rejected and dismissed amounts of a source's published batches and one prepared batch, by account, period and fault;
-- of a file that is being tried again only the new batch speaks.
SELECT r.account, r.period, r.outcome = 'DISMISSED' AS dismissed,
       CASE WHEN r.outcome = 'DISMISSED' THEN r.value ELSE r.outcome END AS fault, coalesce(sum(r.amount), 0) AS amount,
       count(*) FILTER (WHERE r.amount IS NULL) AS unreadable
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE b.source = :source AND r.resolved_by IS NULL AND (b.state = 'published' OR b.id = CAST(:batch_id AS bigint))
  AND NOT EXISTS (SELECT 1 FROM load_batch t WHERE t.id = CAST(:batch_id AS bigint) AND t.state <> 'published'
                  AND t.source = b.source AND t.file_hash = b.file_hash AND t.id > b.id)
GROUP BY 1, 2, 3, 4;

-- name: changed_vouchers
-- Vouchers whose other content is loaded already, still on the desk or dismissed there.
SELECT DISTINCT r.voucher, r.period, r.outcome = 'DISMISSED' AS dismissed
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE b.source = :source AND r.resolved_by IS NULL AND 'VOUCHER_CHANGED' IN (r.outcome, r.value)
  AND (b.state = 'published' OR b.id = CAST(:batch_id AS bigint));

-- name: rejected_of_account
-- Open rejected lines behind one line of the tie-out.
SELECT r.batch_id, r.record, r.outcome, r.field, r.value, r.voucher, r.account, r.period, r.amount, r.raw
FROM rejected_line r JOIN load_batch b ON b.id = r.batch_id
WHERE b.source = :source AND r.account = :account AND r.period = :period AND r.resolved_by IS NULL
  AND (r.outcome = 'DISMISSED') = :dismissed AND (b.state = 'published' OR b.id = CAST(:batch_id AS bigint))
ORDER BY r.batch_id, r.record LIMIT :count;

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

-- name: clear_control_totals
-- Forgets what the books said of some periods: a newer statement is whole.
DELETE FROM control_total WHERE source = :source AND period = ANY(:periods);

-- name: newest_of_file
-- The newest batch of the same file through the same source.
SELECT n.id FROM load_batch b JOIN load_batch n ON n.source = b.source AND n.file_hash = b.file_hash
WHERE b.id = :id ORDER BY n.id DESC LIMIT 1;

-- name: rounds
-- All batches of one file through one source, oldest first.
SELECT b.*, s.model FROM load_batch b JOIN source s ON s.code = b.source
WHERE b.source = :source AND b.file_hash = :file_hash ORDER BY b.id;

-- name: discard_batch
-- Ends a batch that never counted.
DELETE FROM load_batch WHERE id = :id AND state IN ('landed', 'prepared', 'refused');

-- name: lock_sources
-- Taken before plan heads by whoever changes the texts of a model.
SELECT code FROM source WHERE model = :model ORDER BY code FOR UPDATE;

-- name: source_history
-- The revisions of a source, newest first.
SELECT revision, author, at FROM source_revision WHERE source = :source ORDER BY revision DESC LIMIT :count;

-- name: last_published
-- The newest published batch of each source.
SELECT DISTINCT ON (source) source, id, file_name, published_at, records FROM load_batch WHERE state = 'published'
ORDER BY source, id DESC;

-- name: add_correction
-- A mended field, an ignored line, or either taken back.
INSERT INTO line_correction (source, file_hash, batch_id, record, kind, field, before, after, reason, author, author_name, at)
VALUES (:source, :file_hash, :batch_id, :record, :kind, :field, :before, :after, :reason, :author, :author_name, :now);

-- name: corrections
-- Everything said by hand about the lines of a file, oldest first.
SELECT id, batch_id, record, kind, field, before, after, reason, author_name, at FROM line_correction
WHERE source = :source AND file_hash = :file_hash ORDER BY id;

-- name: add_match
-- How the vouchers of a batch met one request.
INSERT INTO load_match (batch_id, number, kind, document_id, vouchers, amount, held, liquidated, released, still_held, forced)
VALUES (:batch_id, :number, :kind, :document_id, :vouchers, :amount, :held, :liquidated, :released, :still_held, :forced);

-- name: matches
-- How the vouchers of a batch met requests.
SELECT number, kind, document_id, vouchers, amount, held, liquidated, released, still_held, forced
FROM load_match WHERE batch_id = :batch_id ORDER BY kind, number;

-- name: add_run
-- A load that somebody asked for.
INSERT INTO load_run (source, kind, file_hash, file_name, batch_id, check_only, state, stage, author, author_login, author_name,
                      requested_at, stage_at, seen_at)
VALUES (:source, :kind, :file_hash, :file_name, :batch_id, :check_only, 'queued', 'receive', :author, :author_login,
        :author_name, :now, :now, :now)
RETURNING id;

-- name: run_job
-- Which job carries a run out.
UPDATE load_run SET job_id = :job_id WHERE id = :id;

-- name: run
-- One run.
SELECT r.*, s.model FROM load_run r JOIN source s ON s.code = r.source WHERE r.id = :id;

-- name: runs
-- The newest runs, of one source or all.
SELECT r.*, s.model FROM load_run r JOIN source s ON s.code = r.source
WHERE CAST(:source AS text) IS NULL OR r.source = :source ORDER BY r.id DESC LIMIT :count;

-- name: run_of_batch
-- The unfinished run of a file through a source.
SELECT id FROM load_run WHERE source = :source AND kind = :kind AND file_hash = :file_hash AND state IN ('queued', 'running') LIMIT 1;

-- name: take_run
-- A job begins, or begins again after its process died.
UPDATE load_run SET state = 'running', attempts = attempts + 1, seen_at = :now, stage_at = :now
WHERE id = :id AND state IN ('queued', 'running') RETURNING id;

-- name: run_progress
-- Where a run is; tells whether somebody asked it to stop.
UPDATE load_run SET stage_at = CASE WHEN stage = :stage THEN stage_at ELSE :now END, stage = :stage, lines_done = :lines_done,
    lines_total = :lines_total, seen_at = :now
WHERE id = :id RETURNING cancel;

-- name: run_batch
-- The batch a run works on; its own when it made it.
UPDATE load_run SET batch_id = :batch_id, own_batch = own_batch OR :own WHERE id = :id;

-- name: pass_point
-- From here a run can no longer be stopped; no row when somebody asked before.
UPDATE load_run SET stage = 'tie_out', stage_at = :now, seen_at = :now WHERE id = :id AND NOT cancel RETURNING id;

-- name: ask_cancel
-- Asks a run to stop, as long as it can; a queued one stops at once.
UPDATE load_run SET cancel = true, state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN :now END
WHERE id = :id AND state IN ('queued', 'running') AND stage <> 'tie_out' RETURNING state;

-- name: end_run
-- How a run ended.
UPDATE load_run SET state = :state, message = :message, unexplained = :unexplained, finished_at = :now, seen_at = :now,
    lines_done = CASE WHEN :state = 'done' THEN lines_total ELSE lines_done END
WHERE id = :id AND state = 'running';

-- name: silent_runs
-- Runs without a sign of life, with the state of their job; null when the queue has forgotten it.
SELECT r.id, j.status::text AS job FROM load_run r LEFT JOIN procrastinate.procrastinate_jobs j ON j.id = r.job_id
WHERE r.state IN ('queued', 'running') AND r.seen_at < :before;
