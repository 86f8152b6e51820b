-- name: policy_in_force
-- The revision of a policy that is in force: the released one, else the newest; with the ids of its rules, without its content.
SELECT p.id, p.code, p.digest, p.version_id, p.edition,
       (SELECT jsonb_object_agg(r.code, r.id) FROM control_rule r WHERE r.policy_id = p.id AND r.retired IS NULL) AS rules,
       (SELECT jsonb_object_agg(r.id, r.retired) FROM control_rule r
        WHERE r.policy_id = p.id AND r.retired IS NOT NULL) AS retired
FROM control_policy p WHERE p.code = :code ORDER BY (p.version_id IS NOT NULL) DESC, p.revision DESC LIMIT 1;

-- name: policy_by_id
-- The same by id.
SELECT p.id, p.code, p.digest, p.version_id, p.edition,
       (SELECT jsonb_object_agg(r.code, r.id) FROM control_rule r WHERE r.policy_id = p.id AND r.retired IS NULL) AS rules,
       (SELECT jsonb_object_agg(r.id, r.retired) FROM control_rule r
        WHERE r.policy_id = p.id AND r.retired IS NOT NULL) AS retired
FROM control_policy p WHERE p.id = :id;

-- name: policy_by_id_held
-- As policy_by_id, for whoever writes under it: no other edition comes into force until the transaction ends. The row is read as
-- committed after the wait, all else as the statement began: where ``seen`` is another edition, it must be asked once more.
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended('control_edition:' || CAST(:id AS text), 0)))
SELECT p.id, p.code, p.digest, p.version_id, p.edition,
       (SELECT jsonb_object_agg(r.code, r.id) FROM control_rule r WHERE r.policy_id = p.id AND r.retired IS NULL) AS rules,
       (SELECT jsonb_object_agg(r.id, r.retired) FROM control_rule r
        WHERE r.policy_id = p.id AND r.retired IS NOT NULL) AS retired,
       (SELECT q.edition FROM control_policy q WHERE q.id = p.id) AS seen
FROM turn CROSS JOIN control_policy p WHERE p.id = :id FOR KEY SHARE OF p;

-- name: policy_in_force_held
-- The same by code.
WITH chosen AS MATERIALIZED (
    SELECT c.id FROM control_policy c WHERE c.code = :code
    ORDER BY (c.version_id IS NOT NULL) DESC, c.revision DESC LIMIT 1),
turn AS MATERIALIZED (
    SELECT chosen.id, pg_advisory_xact_lock_shared(hashtextextended('control_edition:' || CAST(chosen.id AS text), 0)) FROM chosen)
SELECT p.id, p.code, p.digest, p.version_id, p.edition,
       (SELECT jsonb_object_agg(r.code, r.id) FROM control_rule r WHERE r.policy_id = p.id AND r.retired IS NULL) AS rules,
       (SELECT jsonb_object_agg(r.id, r.retired) FROM control_rule r
        WHERE r.policy_id = p.id AND r.retired IS NOT NULL) AS retired,
       (SELECT q.edition FROM control_policy q WHERE q.id = p.id) AS seen
FROM turn JOIN control_policy p ON p.id = turn.id FOR KEY SHARE OF p;

-- name: edition_turn
-- Bringing another edition into force waits for everybody who writes under the policy, and they for it. Taken before all else.
SELECT pg_advisory_xact_lock(hashtextextended('control_edition:' || CAST(:id AS text), 0));

-- name: edition_begin
-- After the turn. FOR UPDATE, so that the change of the row counts as one of its key: only then does FOR KEY SHARE follow it.
SELECT id FROM control_policy WHERE id = :id FOR UPDATE;

-- name: edition_origin
-- The first edition of a policy: the text it was written with.
INSERT INTO policy_edition (policy_id, status, edition, content, starts_on, author, created_at, started_at, started_by)
SELECT p.id, 'active', 1, p.content, :today, :author, :at, :at, :author FROM control_policy p WHERE p.id = :policy_id;

-- name: edition_plan
-- A text that is to come into force; nothing comes back where another is planned already.
INSERT INTO policy_edition (policy_id, status, text, starts_on, reason, author, created_at)
VALUES (:policy_id, 'planned', :text, :starts_on, :reason, :author, :at)
ON CONFLICT (policy_id) WHERE status = 'planned' DO NOTHING RETURNING id;

-- name: edition
-- One edition.
SELECT e.id, e.policy_id, p.code AS policy, p.content ->> 'model' AS model, e.status, e.edition, e.text, e.starts_on, e.reason,
       e.author, e.fault
FROM policy_edition e JOIN control_policy p ON p.id = e.policy_id WHERE e.id = :id;

-- name: edition_text
-- The text in force as it was written.
SELECT text FROM policy_edition WHERE policy_id = :policy_id AND status = 'active';

-- name: edition_lock
-- One edition, to be decided once.
SELECT status, starts_on, text, reason FROM policy_edition WHERE id = :id FOR UPDATE;

-- name: edition_withdraw
-- A planned edition that will not come into force.
UPDATE policy_edition SET status = 'withdrawn', ended_at = :at, ended_by = :actor WHERE id = :id AND status = 'planned' RETURNING id;

-- name: edition_fault
-- Why a planned edition could not come into force on its day.
UPDATE policy_edition SET fault = :fault WHERE id = :id AND status = 'planned' AND fault <> :fault;

-- name: editions_due
-- Planned editions whose day has come.
SELECT id FROM policy_edition WHERE status = 'planned' AND starts_on <= :today ORDER BY starts_on, id;

-- name: edition_end
-- The text in force until now.
UPDATE policy_edition SET status = 'past', ended_at = :at, ended_by = :actor WHERE policy_id = :policy_id AND status = 'active';

-- name: edition_start
-- The text in force from now on.
UPDATE policy_edition SET status = 'active', edition = :edition, content = CAST(:content AS jsonb), started_at = :at,
       started_by = :actor, fault = ''
WHERE id = :id;

-- name: policy_replace
-- Another text of a policy that stays what it is for its ledger.
UPDATE control_policy SET digest = :digest, content = CAST(:content AS jsonb), edition = :edition WHERE id = :id;

-- name: rule_retire
-- A rule that is no longer in force, with its text.
UPDATE control_rule SET retired = CAST(:retired AS jsonb) WHERE id = :id;

-- name: editions
-- Every text of a policy, newest first: the planned one, then by when it came into force.
SELECT e.id, e.status, e.edition, e.text, e.content, e.starts_on, e.reason, e.author, COALESCE(u.name, e.author) AS author_name,
       e.created_at, e.started_at, COALESCE(s.name, e.started_by) AS started_by, e.ended_at, COALESCE(w.name, e.ended_by) AS ended_by,
       e.fault
FROM policy_edition e LEFT JOIN app_user u ON u.login = e.author LEFT JOIN app_user s ON s.login = e.started_by
LEFT JOIN app_user w ON w.login = e.ended_by
WHERE e.policy_id = :policy_id ORDER BY (e.status = 'planned') DESC, COALESCE(e.started_at, e.ended_at) DESC, e.id DESC;

-- name: buckets_all
-- Every balance row of a policy, of rules out of force too.
SELECT b.id, b.key, b.window_code, b.cap, b.reserved, b.committed, b.executed, b.forced, b.original, b.rule_id
FROM bucket b JOIN control_rule r ON r.id = b.rule_id WHERE r.policy_id = :policy_id ORDER BY b.id;

-- name: standing
-- What stands in the ledger, by place and by the balance rows it counts in: budget by how it came about, what is held and spent.
-- ``of``: the document's kind. What a transfer holds is net by row and belongs to no place.
SELECT e.coordinate, e.period, e.stage, CASE WHEN e.stage = 'budget' THEN e.kind ELSE 'opening' END AS kind, e.document_id,
       e.line_no, e.buckets, sum(e.amount) AS amount, (SELECT d.kind FROM document d WHERE d.id = e.document_id) AS of
FROM ledger_entry e
WHERE e.policy_id = :policy_id AND e.coordinate <> '{}' AND e.stage <> 'forced' AND (e.stage = 'budget' OR e.transfer_id IS NULL)
GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(e.amount) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7;

-- name: transfers_held
-- Transfers that hold what they take away.
SELECT id, lines FROM transfer WHERE policy_id = :policy_id AND status = 'held' ORDER BY id;

-- name: policy_content
-- Text and trees of a policy.
SELECT content FROM control_policy WHERE id = :id;

-- name: policy_codes
-- The policies there are, newest revision of each; sandboxes of other systems (with a ~) are not among them.
SELECT DISTINCT ON (code) id, code, revision, digest, version_id, content ->> 'title' AS title
FROM control_policy WHERE code NOT LIKE '%~%' ORDER BY code, revision DESC;

-- name: policy_lock
-- Makes writers of revisions of one policy wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended('control_policy:' || :code, 0));

-- name: policy_insert
-- A new revision.
INSERT INTO control_policy (code, revision, digest, content)
VALUES (:code, COALESCE((SELECT max(revision) FROM control_policy WHERE code = :code), 0) + 1, :digest,
        CAST(:content AS jsonb))
RETURNING id;

-- name: rule_insert
-- A rule of a new revision.
INSERT INTO control_rule (policy_id, code, stages) VALUES (:policy_id, :code, :stages);

-- name: policy_bind
-- The plan version a policy's budget is released from; a policy serves one version.
UPDATE control_policy SET version_id = :version_id
WHERE id = :id AND (version_id IS NULL OR version_id = :version_id) RETURNING id;

-- name: buckets_open
-- Creates and names the missing balance rows, in key order so that two releases never wait for each other crosswise.
INSERT INTO bucket (rule_id, key, window_code, hard_limit)
SELECT k.r, k.k, k.w, CASE WHEN k.limited THEN 0 END
FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS k(r bigint, k text, w text, limited boolean)
ORDER BY k.r, k.k, k.w
ON CONFLICT DO NOTHING RETURNING id, rule_id, key, window_code;

-- name: buckets_ids
-- Ids of the balance rows with these keys; a key without a row is absent.
SELECT b.id, b.rule_id, b.key, b.window_code
FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS k(r bigint, k text, w text)
JOIN bucket b ON b.rule_id = k.r AND b.key = k.k AND b.window_code = k.w;

-- name: buckets_lock
-- Locks balance rows in id order; at READ COMMITTED each is read as committed after the wait.
SELECT b.id, b.key, b.window_code, b.cap, b.reserved, b.committed, b.executed, b.forced, b.original, b.rule_id
FROM bucket b WHERE b.id = ANY(:ids) ORDER BY b.id FOR NO KEY UPDATE;

-- name: buckets_lock_by_key
-- The same in one step from keys; a key without a row is absent.
SELECT b.id, b.key, b.window_code, b.cap, b.reserved, b.committed, b.executed, b.forced, b.original, b.rule_id
FROM bucket b
WHERE (b.rule_id, b.key, b.window_code) IN (
    SELECT k.r, k.k, k.w FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS k(r bigint, k text, w text))
ORDER BY b.id FOR NO KEY UPDATE;

-- name: buckets_read
-- Balance rows by id, without a lock.
SELECT b.id, b.key, b.window_code, b.cap, b.reserved, b.committed, b.executed, b.forced, b.original, b.rule_id
FROM bucket b WHERE b.id = ANY(:ids) ORDER BY b.id;

-- name: bookings_write
-- Writes the counters computed under the lock, and appends the entries in the given order, in one round trip: the rows stay locked
-- while it takes. The CHECK of the row is the last line of defence.
WITH written AS (
    UPDATE bucket b
    SET cap = n.cap, reserved = n.reserved, committed = n.committed, executed = n.executed, forced = n.forced,
        original = n.original, hard_limit = n.hard_limit
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n(id bigint, cap numeric, reserved numeric, committed numeric,
                                                       executed numeric, forced numeric, original numeric, hard_limit numeric)
    WHERE b.id = n.id)
INSERT INTO ledger_entry (policy_id, stage, kind, amount, coordinate, period, buckets, version_id, document_id, line_no,
                          liquidates, transfer_id, by_document_id, voucher, edition, reason, actor, at)
SELECT e.policy_id, e.stage, e.kind, e.amount, e.coordinate, e.period, e.buckets, e.version_id, e.document_id, e.line_no,
       e.liquidates, e.transfer_id, e.by_document_id, e.voucher, e.edition, e.reason, :actor, :at
FROM ROWS FROM (jsonb_to_recordset(CAST(:entries AS jsonb)) AS (
         policy_id bigint, stage text, kind text, amount numeric, coordinate jsonb, period text, buckets bigint[],
         version_id bigint, document_id bigint, line_no integer, liquidates bigint, transfer_id bigint, by_document_id bigint,
         voucher text, edition integer, reason text)) WITH ORDINALITY AS e
ORDER BY e.ordinality;

-- name: documents_insert
-- Takes the keys and numbers of requests, in key order; those that come back are new, the others are held by another request.
INSERT INTO document (policy_id, kind, number, title, status, requester, idem_key, fingerprint, expires_at, fields, created_at)
SELECT :policy_id, r.kind, r.number, r.title, 'held', :requester, r.idem_key, r.fingerprint, r.expires_at, r.fields, :at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(kind text, number text, title text, idem_key text, fingerprint text,
                                                   expires_at timestamptz, fields jsonb)
ORDER BY r.idem_key ON CONFLICT DO NOTHING RETURNING id, idem_key;

-- name: documents_drop
-- Requests that were refused leave nothing, not even their key.
DELETE FROM document d WHERE d.id = ANY(:ids) AND NOT EXISTS (SELECT FROM document_line l WHERE l.document_id = d.id);

-- name: hold_insert
-- The document that holds what a transfer takes away; a transfer submitted again gets another.
INSERT INTO document (policy_id, kind, number, title, status, requester, idem_key, fingerprint, created_at)
SELECT :policy_id, '调剂占用', :number || '-' || n.next, '', 'held', :requester, 'hold:' || :number || '-' || n.next, '', :at
FROM (SELECT count(*) + 1 AS next FROM document
      WHERE policy_id = :policy_id AND kind = '调剂占用' AND number LIKE :number || '-%') AS n
RETURNING id;

-- name: document_by_key
-- The document that holds a requester's idempotency key.
SELECT id, fingerprint, number, status FROM document WHERE requester = :requester AND idem_key = :idem_key;

-- name: document_lines_insert
-- The lines of revisions of documents.
INSERT INTO document_line (document_id, revision, line_no, coordinate, period, amount, gross, net, tax_rate, tax_included, memo,
                           currency, rate, foreign_amount, draws_document, draws_line, quantity, said, fields)
SELECT l.document_id, l.revision, l.line_no, l.coordinate, l.period, l.amount, l.gross, l.net, l.tax_rate, l.tax_included,
       l.memo, l.currency, l.rate, l.foreign_amount, l.draws_document, l.draws_line, l.quantity, l.said,
       l.fields
FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(document_id bigint, revision integer, line_no integer, coordinate jsonb,
     period text, amount numeric, gross numeric, net numeric, tax_rate numeric, tax_included boolean, memo text,
     currency text, rate numeric, foreign_amount numeric, draws_document bigint, draws_line integer,
     quantity numeric, said jsonb, fields jsonb);

-- name: document
-- One document.
SELECT d.id, d.policy_id, p.code AS policy, p.content ->> 'model' AS model, d.kind, d.number, d.title, d.status, d.requester,
       d.revision, d.draft, d.expires_at, d.fields, d.created_at
FROM document d JOIN control_policy p ON p.id = d.policy_id WHERE d.id = :id;

-- name: documents_lock
-- Locks documents in id order, after the balance rows; their open amounts are stable from here. Not FOR UPDATE: a row that refers
-- to a document may be written before its balance rows are locked, and must not wait for this.
SELECT id, policy_id, kind, number, status, requester, revision, expires_at FROM document WHERE id = ANY(:ids) ORDER BY id
FOR NO KEY UPDATE;

-- name: documents_by_number
-- Ids of documents a voucher names.
SELECT id, number FROM document WHERE policy_id = :policy_id AND number = ANY(:numbers) ORDER BY id;

-- name: documents_status
-- Sets the status of documents.
UPDATE document SET status = :status WHERE id = ANY(:ids);

-- name: document_lines
-- The lines of a document as last submitted; gross and net are the amount where no tax was spoken of.
SELECT l.line_no, l.coordinate, l.period, l.amount, COALESCE(l.gross, l.amount) AS gross, COALESCE(l.net, l.amount) AS net,
       l.tax_rate, l.tax_included, l.memo, l.currency, l.rate, l.foreign_amount, l.draws_document, l.draws_line, l.quantity,
       l.said, l.fields
FROM document_line l JOIN document d ON d.id = l.document_id AND d.revision = l.revision
WHERE l.document_id = :document_id ORDER BY l.line_no;

-- name: open_holds
-- What documents still hold, by line, committed before reserved, on the rows it was booked on; the first entry is liquidated.
SELECT document_id, line_no, stage, coordinate, period, buckets, min(id) AS entry_id, sum(amount) AS amount
FROM ledger_entry
WHERE document_id = ANY(:documents) AND stage IN ('reserved', 'committed')
GROUP BY document_id, line_no, stage, coordinate, period, buckets
HAVING sum(amount) <> 0
ORDER BY document_id, line_no, stage, entry_id;

-- name: booked_buckets
-- Every balance row that reserved or committed amounts of documents were ever booked on.
SELECT DISTINCT buckets FROM ledger_entry WHERE document_id = ANY(:documents) AND stage IN ('reserved', 'committed');

-- name: keys_take
-- Takes posting keys in key order; those that come back are new, the others were posted before.
INSERT INTO posting_key (key, at)
SELECT k, :at FROM unnest(CAST(:keys AS text[])) AS k ORDER BY k
ON CONFLICT DO NOTHING RETURNING key;

-- name: alert_insert
-- A fact that went beyond what control allows.
INSERT INTO control_alert (bucket_id, kind, voucher, amount, message, at)
VALUES (:bucket_id, :kind, :voucher, :amount, :message, :at) RETURNING id;

-- name: alerts
-- Alerts, newest first.
SELECT id, bucket_id, kind, voucher, amount, message, at FROM control_alert ORDER BY id DESC LIMIT :limit;

-- name: contributions
-- Documents that hold or have spent on a balance row, largest first, with every place they did so at; ``all_executed``: what all
-- such documents have executed. Vouchers that name no document are what the row's executed amount holds beside.
SELECT d.id, d.number, d.title, d.requester, COALESCE(u.name, d.requester) AS requester_name, d.created_at,
       sum(e.amount) AS amount,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'reserved'), 0) AS reserved,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'committed'), 0) AS committed,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'executed'), 0) AS executed,
       jsonb_agg(DISTINCT e.coordinate) AS coordinates,
       sum(sum(e.amount) FILTER (WHERE e.stage = 'executed')) OVER () AS all_executed
FROM ledger_entry e JOIN document d ON d.id = e.document_id LEFT JOIN app_user u ON u.login = d.requester
WHERE e.policy_id = :policy_id AND e.period = ANY(:periods) AND e.document_id IS NOT NULL
      AND e.buckets @> ARRAY[CAST(:bucket_id AS bigint)] AND e.stage = ANY(:stages)
GROUP BY d.id, u.name HAVING sum(e.amount) <> 0 ORDER BY amount DESC, d.id LIMIT :limit;

-- name: counters_differ
-- Balance rows whose counters are not the sum of the entries that name them.
WITH sums AS (
    SELECT x.id,
           sum(e.amount) FILTER (WHERE e.stage = 'budget') AS cap,
           sum(e.amount) FILTER (WHERE e.stage = 'budget' AND e.kind = 'release') AS original,
           sum(e.amount) FILTER (WHERE e.stage = 'reserved') AS reserved,
           sum(e.amount) FILTER (WHERE e.stage = 'committed') AS committed,
           sum(e.amount) FILTER (WHERE e.stage = 'executed') AS executed,
           sum(e.amount) FILTER (WHERE e.stage = 'forced') AS forced
    FROM ledger_entry e CROSS JOIN LATERAL unnest(e.buckets) AS x(id)
    WHERE e.policy_id = :policy_id GROUP BY x.id)
SELECT b.id, r.code AS rule, b.key, b.window_code, s.counter, s.stored, s.summed
FROM control_rule r JOIN bucket b ON b.rule_id = r.id LEFT JOIN sums ON sums.id = b.id
CROSS JOIN LATERAL (VALUES
    ('cap', b.cap, COALESCE(sums.cap, 0)),
    ('original', b.original, COALESCE(sums.original, 0)),
    ('reserved', b.reserved, CASE WHEN 'reserved' = ANY(r.stages) THEN COALESCE(sums.reserved, 0) ELSE 0 END),
    ('committed', b.committed, CASE WHEN 'committed' = ANY(r.stages) THEN COALESCE(sums.committed, 0) ELSE 0 END),
    ('executed', b.executed, CASE WHEN 'executed' = ANY(r.stages) THEN COALESCE(sums.executed, 0) ELSE 0 END),
    ('forced', b.forced, COALESCE(sums.forced, 0))) AS s(counter, stored, summed)
WHERE r.policy_id = :policy_id AND s.stored <> s.summed ORDER BY b.id;

-- name: budget_cells
-- The budget of each released cell as the ledger knows it: original, adjusted by kind, not issued yet, current (what is usable).
SELECT coordinate, period, sum(amount) AS current,
       COALESCE(sum(amount) FILTER (WHERE kind = 'release'), 0) AS original,
       COALESCE(sum(amount) FILTER (WHERE kind = 'transfer'), 0) AS transferred,
       COALESCE(sum(amount) FILTER (WHERE kind = 'supplement'), 0) AS supplemented,
       COALESCE(sum(amount) FILTER (WHERE kind = 'carry'), 0) AS carried,
       COALESCE(sum(amount) FILTER (WHERE kind IN ('borrow', 'repay')), 0) AS borrowed,
       COALESCE(-sum(amount) FILTER (WHERE kind IN ('withhold', 'issue')), 0) AS withheld
FROM ledger_entry WHERE policy_id = :policy_id AND stage = 'budget' AND coordinate <> '{}'
GROUP BY coordinate, period ORDER BY coordinate, period;

-- name: budget_of_cells
-- The budget of some cells: usable now, and as the plan has it, which also has what is not issued yet.
SELECT c.n, COALESCE(sum(e.amount), 0) AS current,
       COALESCE(sum(e.amount) FILTER (WHERE e.kind NOT IN ('withhold', 'issue')), 0) AS planned,
       count(e.id) FILTER (WHERE e.kind = 'release') AS released
FROM jsonb_to_recordset(CAST(:cells AS jsonb)) AS c(n integer, coordinate jsonb, period text)
LEFT JOIN ledger_entry e ON e.policy_id = :policy_id AND e.stage = 'budget' AND e.period = c.period
     AND e.coordinate = c.coordinate
GROUP BY c.n ORDER BY c.n;

-- name: link_reasons
-- How each limit that follows revenue came about last.
SELECT DISTINCT ON (buckets[1]) buckets[1] AS bucket, reason FROM ledger_entry
WHERE policy_id = :policy_id AND period = ANY(CAST(:windows AS text[])) AND kind = 'link' AND stage = 'budget'
      AND buckets[1] = ANY(CAST(:buckets AS bigint[]))
ORDER BY buckets[1], id DESC;

-- name: withheld_cells
-- The cells of which something released is not usable yet: as released, and what is withheld of it.
SELECT coordinate, period, sum(amount) FILTER (WHERE kind = 'release') AS original,
       -sum(amount) FILTER (WHERE kind <> 'release') AS withheld
FROM ledger_entry
WHERE policy_id = :policy_id AND stage = 'budget' AND kind IN ('release', 'withhold', 'issue')
      AND (CAST(:bucket_id AS bigint) IS NULL
           OR period = ANY(CAST(:periods AS text[])) AND buckets @> ARRAY[CAST(:bucket_id AS bigint)])
GROUP BY coordinate, period HAVING sum(amount) FILTER (WHERE kind <> 'release') <> 0 ORDER BY period, coordinate;

-- name: policies_issuing
-- The policies that say when what is released may be spent.
SELECT id FROM control_policy WHERE content ? 'issue' ORDER BY id;

-- name: entries_of_document
-- The history of a document in the ledger.
SELECT e.id, e.stage, e.kind, e.amount, e.coordinate, e.period, e.line_no, e.liquidates, e.voucher, e.reason, e.actor,
       COALESCE(u.name, e.actor) AS who, e.at
FROM ledger_entry e LEFT JOIN app_user u ON u.login = e.actor WHERE e.document_id = :document_id ORDER BY e.id;

-- name: buckets_of_policy
-- Balance rows of a policy, by rule, key and window; of rules in force.
SELECT b.id, r.code AS rule, b.key, b.window_code, b.cap, b.reserved, b.committed, b.executed, b.forced, b.original, b.rule_id
FROM bucket b JOIN control_rule r ON r.id = b.rule_id
WHERE r.policy_id = :policy_id AND r.retired IS NULL AND (CAST(:rule AS text) IS NULL OR r.code = :rule)
      AND (CAST(:window_code AS text) IS NULL OR b.window_code = :window_code)
ORDER BY b.id LIMIT :limit OFFSET :skip;

-- name: bucket_policy
-- The policy a balance row belongs to.
SELECT r.policy_id FROM bucket b JOIN control_rule r ON r.id = b.rule_id WHERE b.id = :id;

-- name: transfer_insert
-- A transfer or supplement, held until decided.
INSERT INTO transfer (policy_id, version_id, kind, status, reason, requester, lines, created_at)
VALUES (:policy_id, :version_id, :kind, 'held', :reason, :requester, CAST(:lines AS jsonb), :at) RETURNING id;

-- name: transfer_hold
-- Names the document that holds the source amounts.
UPDATE transfer SET hold_id = :hold_id, status = 'held' WHERE id = :id;

-- name: transfer_lock
-- One transfer, to be decided once.
SELECT id, policy_id, version_id, kind, status, reason, requester, lines, hold_id FROM transfer WHERE id = :id FOR UPDATE;

-- name: transfer
-- One transfer.
SELECT t.id, t.policy_id, p.code AS policy, p.content ->> 'model' AS model, t.version_id, t.kind, t.status, t.reason,
       t.requester, t.lines, t.hold_id, t.created_at
FROM transfer t JOIN control_policy p ON p.id = t.policy_id WHERE t.id = :id;

-- name: transfers
-- Transfers, newest first.
SELECT t.id, p.code AS policy, p.content ->> 'model' AS model, t.kind, t.status, t.reason, t.requester, t.lines, t.created_at
FROM transfer t JOIN control_policy p ON p.id = t.policy_id ORDER BY t.id DESC LIMIT :limit;

-- name: transfers_of_places
-- The cells of some places in the transfers of a policy, but one.
SELECT t.id, x.line -> 'coordinate' AS coordinate, x.line ->> 'period' AS period, CAST(x.line ->> 'amount' AS numeric) AS amount
FROM transfer t CROSS JOIN LATERAL jsonb_array_elements(t.lines) AS x(line)
WHERE t.policy_id = :policy_id AND t.kind = 'transfer' AND t.id <> :but AND t.status = ANY(:statuses)
      AND x.line -> 'coordinate' IN (SELECT jsonb_array_elements(CAST(:places AS jsonb)))
ORDER BY t.id;

-- name: original_of_places
-- The released budget of some places over some periods, before transfers and supplements.
SELECT p.n, COALESCE(sum(e.amount), 0) AS original
FROM jsonb_to_recordset(CAST(:places AS jsonb)) AS p(n integer, coordinate jsonb, periods jsonb)
LEFT JOIN ledger_entry e ON e.policy_id = :policy_id AND e.stage = 'budget' AND e.kind = 'release'
     AND e.coordinate = p.coordinate AND p.periods @> to_jsonb(e.period)
GROUP BY p.n ORDER BY p.n;

-- name: transfer_status
-- Decides a transfer.
UPDATE transfer SET status = :status WHERE id = :id;

-- name: policy_code
-- The code of a policy.
SELECT code FROM control_policy WHERE id = :id;

-- name: entries_by_period
-- What each month did to a balance row: budget, stages, and how much of the executed amount came without a document.
SELECT period,
       COALESCE(sum(amount) FILTER (WHERE stage = 'budget'), 0) AS budget,
       COALESCE(sum(amount) FILTER (WHERE stage = 'reserved'), 0) AS reserved,
       COALESCE(sum(amount) FILTER (WHERE stage = 'committed'), 0) AS committed,
       COALESCE(sum(amount) FILTER (WHERE stage = 'executed'), 0) AS executed,
       COALESCE(sum(amount) FILTER (WHERE stage = 'executed' AND document_id IS NULL), 0) AS direct,
       count(*) FILTER (WHERE stage = 'executed') AS vouchers
FROM ledger_entry
WHERE policy_id = :policy_id AND period = ANY(:periods) AND buckets @> ARRAY[CAST(:bucket_id AS bigint)]
GROUP BY period ORDER BY period;

-- name: document_held
-- A draft or released document holds its lines, in the revision just written.
UPDATE document SET status = 'held', revision = :revision, title = :title, draft = NULL, expires_at = :expires_at WHERE id = :id;

-- name: opening_lock
-- Opening balance rows waits for bookings of facts under way, and they for it: no fact falls between.
SELECT pg_advisory_xact_lock(hashtextextended('control_opening:' || CAST(:id AS text), 0));

-- name: facts_lock
-- Bookings of facts do not wait for each other.
SELECT pg_advisory_xact_lock_shared(hashtextextended('control_opening:' || CAST(:id AS text), 0));

-- name: uncounted
-- Everything spent or held under a policy, by place and by the balance rows it counts in.
SELECT coordinate, period, stage, document_id, line_no, buckets, sum(amount) AS amount,
       (SELECT d.kind FROM document d WHERE d.id = document_id) AS kind
FROM ledger_entry
WHERE policy_id = :policy_id AND stage IN ('reserved', 'committed', 'executed')
      AND transfer_id IS NULL  -- what a transfer holds is net by row
GROUP BY coordinate, period, stage, document_id, line_no, buckets HAVING sum(amount) <> 0
ORDER BY coordinate, period, stage, document_id, line_no, buckets;

-- name: windows_open
-- The windows of time a policy has balance rows for.
SELECT DISTINCT b.window_code FROM bucket b JOIN control_rule r ON r.id = b.rule_id
WHERE r.policy_id = :policy_id AND r.retired IS NULL;

-- name: buckets_by_key
-- Balance rows by key in one step, without a lock; a key without a row is absent.
SELECT b.id, b.key, b.window_code, b.cap, b.reserved, b.committed, b.executed, b.forced, b.original, b.rule_id
FROM bucket b
WHERE (b.rule_id, b.key, b.window_code) IN (
    SELECT k.r, k.k, k.w FROM jsonb_to_recordset(CAST(:keys AS jsonb)) AS k(r bigint, k text, w text))
ORDER BY b.id;

-- name: document_number
-- The next number of a series that no document of the kind has; gaps are allowed.
SELECT nextval('document_number');

-- name: number_taken
-- True if a document of the kind has this number.
SELECT EXISTS (SELECT FROM document WHERE policy_id = :policy_id AND kind = :kind AND number = :number);

-- name: draft_insert
-- A document that holds nothing yet; no row comes back when another has its key or number.
INSERT INTO document (policy_id, kind, number, title, status, requester, idem_key, fingerprint, draft, created_at)
VALUES (:policy_id, :kind, :number, :title, 'draft', :requester, :idem_key, 'draft', CAST(:draft AS jsonb), :at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: draft_update
-- What the requester has typed since; a document that holds budget has no draft.
UPDATE document SET title = CASE WHEN status = 'draft' THEN :title ELSE title END, draft = CAST(:draft AS jsonb)
WHERE id = :id AND status IN ('draft', 'released') RETURNING id;

-- name: draft_delete
-- Drops a draft that was never submitted.
DELETE FROM document d WHERE d.id = :id AND d.status = 'draft'
      AND NOT EXISTS (SELECT FROM document_line l WHERE l.document_id = d.id) RETURNING number;

-- name: documents_listed
-- Requests before an id, newest first: one person's, or everybody's without their drafts; what transfers hold is no request.
SELECT d.id, d.policy_id, p.code AS policy, p.content ->> 'model' AS model, d.kind, d.number, d.title, d.status, d.requester,
       COALESCE(u.name, d.requester) AS requester_name, d.created_at
FROM document d JOIN control_policy p ON p.id = d.policy_id LEFT JOIN app_user u ON u.login = d.requester
WHERE d.fingerprint <> '' AND (CAST(:before AS bigint) IS NULL OR d.id < :before)
      AND (CAST(:model AS text) IS NULL OR p.content ->> 'model' = :model)
      AND CASE WHEN :mine THEN d.requester = :login ELSE d.status <> 'draft' OR d.requester = :login END
ORDER BY d.id DESC LIMIT :limit;

-- name: lines_of_documents
-- The lines of documents as last submitted.
SELECT l.document_id, l.line_no, l.coordinate, l.period, l.amount, COALESCE(l.gross, l.amount) AS gross
FROM document_line l JOIN document d ON d.id = l.document_id AND d.revision = l.revision
WHERE l.document_id = ANY(:ids) ORDER BY l.document_id, l.line_no;

-- name: stages_of_documents
-- What documents hold and have spent.
SELECT document_id, COALESCE(sum(amount) FILTER (WHERE stage = 'reserved'), 0) AS reserved,
       COALESCE(sum(amount) FILTER (WHERE stage = 'committed'), 0) AS committed,
       COALESCE(sum(amount) FILTER (WHERE stage = 'executed'), 0) AS executed
FROM ledger_entry WHERE document_id = ANY(:ids) GROUP BY document_id;

-- name: cases_of_documents
-- The newest approval of each document, and who holds it since when.
SELECT DISTINCT ON (i.subject_id) i.subject_id AS document_id, i.id, i.status, i.node, i.round, f.definition, i.started_at,
       (SELECT jsonb_agg(jsonb_build_object('login', t.holder, 'name', COALESCE(u.name, t.holder)) ORDER BY t.id)
        FROM task t LEFT JOIN app_user u ON u.login = t.holder WHERE t.instance_id = i.id AND t.status = 'open') AS holders,
       (SELECT min(t.created_at) FROM task t WHERE t.instance_id = i.id AND t.status = 'open') AS held_since,
       (SELECT min(t.due_at) FROM task t WHERE t.instance_id = i.id AND t.status = 'open') AS due_at
FROM flow_instance i JOIN flow f ON f.id = i.flow_id
WHERE i.subject_kind = 'document' AND i.subject_id = ANY(:ids) ORDER BY i.subject_id, i.id DESC;

-- name: approvals_of_document
-- What was said and done about a document, over all its cases.
SELECT a.at, a.action, a.node, a.round, COALESCE(u.name, a.actor) AS who, a.comment
FROM flow_action a JOIN flow_instance i ON i.id = a.instance_id LEFT JOIN app_user u ON u.login = a.actor
WHERE i.subject_kind = 'document' AND i.subject_id = :document_id ORDER BY a.instance_id, a.seq;

-- name: name_of_login
-- The name of a person.
SELECT name FROM app_user WHERE login = :login;

-- name: drawn_by
-- What later documents took over from earlier ones' holds and have not handed back, by the hold it came from.
SELECT document_id, line_no, stage, coordinate, period, buckets, min(liquidates) AS entry_id, -sum(amount) AS amount
FROM ledger_entry WHERE by_document_id = :document_id AND kind IN ('draw', 'undraw')
GROUP BY document_id, line_no, stage, coordinate, period, buckets HAVING sum(amount) < 0
ORDER BY document_id, line_no, stage, entry_id;

-- name: used_of_lines
-- What has been executed of each line of a document, and what later documents took over of it and have not handed back.
SELECT line_no, COALESCE(sum(amount) FILTER (WHERE stage = 'executed'), 0) AS executed,
       COALESCE(-sum(amount) FILTER (WHERE kind IN ('draw', 'undraw')), 0) AS drawn
FROM ledger_entry WHERE document_id = :document_id GROUP BY line_no;

-- name: booked_by_voucher
-- What a voucher booked and nothing has reversed yet: facts, and what they took off documents' holds.
SELECT e.id, e.stage, e.kind, e.amount, e.coordinate, e.period, e.buckets, e.document_id, e.line_no, e.liquidates, e.voucher,
       (SELECT d.kind FROM document d WHERE d.id = e.document_id) AS document_kind
FROM ledger_entry e
WHERE e.policy_id = :policy_id AND e.voucher = :voucher AND e.kind IN ('execute', 'direct')
      AND e.stage IN ('reserved', 'committed', 'executed')
      AND NOT EXISTS (SELECT FROM ledger_entry r WHERE r.liquidates = e.id AND r.kind = 'reverse')
ORDER BY e.id;

-- name: document_expiry
-- When what a document still holds is given back.
UPDATE document SET expires_at = :expires_at WHERE id = :id AND status = 'held' RETURNING id;

-- name: documents_expired
-- Documents past their time that still hold budget, oldest first.
SELECT id FROM document WHERE status = 'held' AND expires_at <= :now ORDER BY expires_at, id LIMIT :limit;

-- name: document_revised
-- A document that holds other lines than it did.
UPDATE document SET revision = :revision WHERE id = :id;

-- name: sandbox_last
-- The number of the newest sandbox whose code begins so.
SELECT max(substr(code, length(CAST(:prefix AS text)) + 1)::integer) FROM control_policy WHERE starts_with(code, :prefix);

-- name: documents_of_number
-- The documents of a policy that have a number, one per kind.
SELECT id, kind FROM document WHERE policy_id = :policy_id AND number = :number
      AND (CAST(:kind AS text) IS NULL OR kind = :kind) ORDER BY id;

-- name: counters_summed
-- What the entries of balance rows add up to, by counter; a stage that a rule does not count is 0.
SELECT b.id,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'budget'), 0) AS cap,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'budget' AND e.kind = 'release'), 0) AS original,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'reserved' AND 'reserved' = ANY(r.stages)), 0) AS reserved,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'committed' AND 'committed' = ANY(r.stages)), 0) AS committed,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'executed' AND 'executed' = ANY(r.stages)), 0) AS executed,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'forced'), 0) AS forced
FROM bucket b JOIN control_rule r ON r.id = b.rule_id
LEFT JOIN ledger_entry e ON e.policy_id = r.policy_id AND e.buckets @> ARRAY[b.id]
WHERE b.id = ANY(:ids) GROUP BY b.id ORDER BY b.id;

-- name: documents_differ
-- Documents that hold what their state does not allow, hold less than nothing, or were held for another amount than their
-- lines say (as filed: one revision, never given back).
WITH open AS (
    SELECT e.document_id, e.line_no, sum(e.amount) AS held
    FROM ledger_entry e WHERE e.policy_id = :policy_id AND e.stage IN ('reserved', 'committed') AND e.document_id IS NOT NULL
    GROUP BY e.document_id, e.line_no),
filed AS (
    SELECT e.document_id, e.line_no, sum(e.amount) FILTER (WHERE e.kind = 'reserve') AS amount,
           bool_or(e.kind IN ('return', 'reject', 'withdraw', 'cancel', 'amend')) AS again
    FROM ledger_entry e WHERE e.policy_id = :policy_id AND e.stage IN ('reserved', 'committed') AND e.document_id IS NOT NULL
    GROUP BY e.document_id, e.line_no)
SELECT d.id, d.number, o.line_no, o.held, 0::numeric AS expected, d.status <> 'held' AS orphan,
       CASE WHEN o.held < 0 THEN '占用为负' ELSE '已不占用，却还有占用' END AS why
FROM open o JOIN document d ON d.id = o.document_id
WHERE d.policy_id = :policy_id AND (o.held < 0 OR (o.held > 0 AND d.status <> 'held'))
UNION ALL
SELECT d.id, d.number, l.line_no, COALESCE(f.amount, 0), l.amount, false, '占用与明细不符'
FROM document d JOIN document_line l ON l.document_id = d.id AND l.revision = d.revision
LEFT JOIN filed f ON f.document_id = d.id AND f.line_no = l.line_no
WHERE d.policy_id = :policy_id AND d.revision = 1 AND d.status IN ('held', 'closed')
      AND NOT EXISTS (SELECT FROM filed g WHERE g.document_id = d.id AND g.again)
      AND COALESCE(f.amount, 0) <> l.amount
ORDER BY 1, 3;

-- name: reconciled_counts
-- How much a proof compares.
SELECT (SELECT count(*) FROM bucket b JOIN control_rule r ON r.id = b.rule_id WHERE r.policy_id = :policy_id) AS rows,
       (SELECT count(*) FROM ledger_entry WHERE policy_id = :policy_id) AS entries,
       (SELECT count(*) FROM document WHERE policy_id = :policy_id) AS documents;

-- name: reconciliation_insert
-- Keeps the outcome of a proof.
INSERT INTO control_reconciliation (policy_id, actor, checked, differences, at)
VALUES (:policy_id, :actor, CAST(:checked AS jsonb), CAST(:differences AS jsonb), :at) RETURNING id;

-- name: reconciliations
-- The newest proofs of a policy.
SELECT id, at, actor, checked, differences FROM control_reconciliation WHERE policy_id = :policy_id ORDER BY id DESC LIMIT :limit;

-- name: holds_open
-- What documents of a policy still hold, by line, oldest first; what transfers hold is told by the transfers.
SELECT d.id, d.number, d.kind, d.title, d.requester, COALESCE(u.name, d.requester) AS requester_name, d.created_at,
       d.expires_at, e.line_no, e.coordinate, e.period,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'reserved'), 0) AS reserved,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'committed'), 0) AS committed,
       max(e.at) AS touched_at
FROM document d JOIN ledger_entry e ON e.document_id = d.id AND e.stage IN ('reserved', 'committed')
LEFT JOIN app_user u ON u.login = d.requester
WHERE d.policy_id = :policy_id AND d.status = 'held' AND d.fingerprint <> ''
GROUP BY d.id, u.name, e.line_no, e.coordinate, e.period HAVING sum(e.amount) <> 0
ORDER BY d.created_at, d.id, e.line_no LIMIT 20000;

-- name: bucket_timeline
-- Every entry of a balance row, newest first, with what was available after it (but for tolerance and forced amounts).
SELECT * FROM (
    SELECT e.id, e.at, e.stage, e.kind, e.amount, e.coordinate, e.period, e.line_no, e.voucher, e.reason, e.document_id,
           d.number AS document, COALESCE(u.name, e.actor) AS who,
           sum(CASE WHEN e.stage = 'budget' THEN e.amount WHEN e.stage = 'forced' OR e.stage <> ALL(r.stages) THEN 0
                    ELSE -e.amount END) OVER (ORDER BY e.id) AS left_after
    FROM bucket b JOIN control_rule r ON r.id = b.rule_id
    JOIN ledger_entry e ON e.policy_id = r.policy_id AND e.buckets @> ARRAY[b.id]
    LEFT JOIN document d ON d.id = e.document_id LEFT JOIN app_user u ON u.login = e.actor
    WHERE b.id = :id AND e.period = ANY(:periods)) AS t
WHERE CAST(:before AS bigint) IS NULL OR t.id < :before ORDER BY t.id DESC LIMIT :limit;

-- name: cell_uses
-- The documents that hold or spent at a cell, and the vouchers without one as the document null.
SELECT e.document_id, d.number, d.kind, d.title, d.requester, COALESCE(u.name, d.requester) AS requester_name,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'reserved'), 0) AS reserved,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'committed'), 0) AS committed,
       COALESCE(sum(e.amount) FILTER (WHERE e.stage = 'executed'), 0) AS executed
FROM ledger_entry e LEFT JOIN document d ON d.id = e.document_id LEFT JOIN app_user u ON u.login = d.requester
WHERE e.policy_id = :policy_id AND e.period = :period AND e.coordinate = CAST(:coordinate AS jsonb)
      AND e.stage IN ('reserved', 'committed', 'executed') AND e.transfer_id IS NULL
GROUP BY e.document_id, d.number, d.kind, d.title, d.requester, u.name HAVING sum(e.amount) <> 0
ORDER BY sum(e.amount) DESC LIMIT 500;

-- name: move_insert
-- A loan, its repayment, or a carry-forward, to be carried out at once.
INSERT INTO transfer (policy_id, version_id, kind, status, reason, requester, lines, detail, undoes, created_at)
VALUES (:policy_id, :version_id, :kind, 'held', :reason, :requester, CAST(:lines AS jsonb), CAST(:detail AS jsonb), :undoes, :at)
RETURNING id;

-- name: move_lock
-- One such document, locked, and those that undo it.
SELECT t.id, t.policy_id, t.kind, t.status, t.lines, t.detail, t.undoes,
       ARRAY(SELECT u.id FROM transfer u WHERE u.undoes = t.id AND u.status = 'applied' ORDER BY u.id) AS undone_by
FROM transfer t WHERE t.id = :id FOR UPDATE;

-- name: cells_at
-- The released cells of a period: budget by origin, and what each stage uses there.
SELECT coordinate, COALESCE(sum(amount) FILTER (WHERE stage = 'budget'), 0) AS current,
       COALESCE(sum(amount) FILTER (WHERE stage = 'budget' AND kind = 'release'), 0) AS original,
       COALESCE(sum(amount) FILTER (WHERE stage = 'budget' AND kind IN ('borrow', 'repay')), 0) AS borrowed,
       COALESCE(sum(amount) FILTER (WHERE stage = 'reserved'), 0) AS reserved,
       COALESCE(sum(amount) FILTER (WHERE stage = 'committed'), 0) AS committed,
       COALESCE(sum(amount) FILTER (WHERE stage = 'executed'), 0) AS executed
FROM ledger_entry
WHERE policy_id = :policy_id AND period = :period AND stage <> 'forced' AND coordinate <> '{}' AND transfer_id IS NULL
      OR policy_id = :policy_id AND period = :period AND stage = 'budget' AND transfer_id IS NOT NULL
GROUP BY coordinate HAVING bool_or(stage = 'budget') ORDER BY coordinate;

-- name: loans_open
-- Loans that are not settled.
SELECT id, policy_id, detail FROM transfer
WHERE kind = 'borrow' AND status = 'applied' AND NOT detail ? 'settled' ORDER BY id;

-- name: loan_settled
-- A loan's period has ended: what was left went back.
UPDATE transfer SET detail = detail || jsonb_build_object('settled', true, 'repaid', CAST(:repaid AS text)) WHERE id = :id;

-- name: exception_insert
-- A document asks to pass beyond the rules that refuse it.
INSERT INTO control_exception (policy_id, document_id, status, gap, beyond, lines, reason, requester, expires_on, created_at)
VALUES (:policy_id, :document_id, 'asked', :gap, CAST(:beyond AS jsonb), CAST(:lines AS jsonb), :reason, :requester,
        :expires_on, :at) RETURNING id;

-- name: exception_decide
-- Granted or dropped, once.
UPDATE control_exception SET status = :status WHERE id = :id AND status = 'asked' RETURNING id;

-- name: exception_granted
-- The newest exception of a document that may still be used.
SELECT id, beyond, lines FROM control_exception
WHERE document_id = :document_id AND status = 'granted' AND expires_on >= :today ORDER BY id DESC LIMIT 1 FOR UPDATE;

-- name: exception_used
-- It was good once.
UPDATE control_exception SET status = 'used' WHERE id = :id;

-- name: exception
-- One exception with its document's number.
SELECT x.id, x.policy_id, x.document_id, d.number, x.status, x.gap, x.beyond, x.lines, x.reason, x.requester, x.expires_on,
       x.created_at
FROM control_exception x JOIN document d ON d.id = x.document_id WHERE x.id = :id;

-- name: exceptions
-- Exceptions, newest first.
SELECT id FROM control_exception ORDER BY id DESC LIMIT :limit;

-- name: webhook_insert
-- Another system is told from now on.
INSERT INTO webhook (url, secret, policy, events, owner) VALUES (:url, :secret, :policy, :events, :owner) RETURNING id;

-- name: webhook_stop
-- It is not told any more.
WITH dropped AS (UPDATE webhook_delivery SET status = 'given_up', answer = 'stopped'
                 WHERE webhook_id = :id AND status = 'queued')
UPDATE webhook SET active = false WHERE id = :id AND active RETURNING id;

-- name: webhooks
-- Who is told, and how the deliveries went.
SELECT w.id, w.url, w.policy, w.events, w.owner, w.active, w.created_at,
       count(d.id) FILTER (WHERE d.status = 'sent') AS sent, count(d.id) FILTER (WHERE d.status = 'queued') AS queued,
       count(d.id) FILTER (WHERE d.status = 'given_up') AS given_up
FROM webhook w LEFT JOIN webhook_delivery d ON d.webhook_id = w.id GROUP BY w.id ORDER BY w.id;

-- name: webhook_policies
-- Policies that somebody is told of.
SELECT DISTINCT policy FROM webhook WHERE active ORDER BY policy;

-- name: webhooks_of
-- Who is told of a policy.
SELECT id, events, owner FROM webhook WHERE active AND policy = :policy ORDER BY id;

-- name: threshold_lock
-- One at a time notices a policy's crossings.
SELECT pg_advisory_xact_lock(hashtextextended('control_threshold:' || CAST(:id AS text), 0));

-- name: threshold_marks
-- The thresholds a policy's rows stand beyond, as last noticed.
SELECT m.bucket_id, m.percent FROM threshold_mark m JOIN bucket b ON b.id = m.bucket_id
JOIN control_rule r ON r.id = b.rule_id WHERE r.policy_id = :policy_id;

-- name: threshold_set
-- Rows that crossed.
INSERT INTO threshold_mark (bucket_id, percent)
SELECT r.b, r.p FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(b bigint, p integer) ON CONFLICT DO NOTHING;

-- name: threshold_clear
-- Rows that came back.
DELETE FROM threshold_mark m USING jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(b bigint, p integer)
WHERE m.bucket_id = r.b AND m.percent = r.p;

-- name: delivery_insert
-- What is to be told.
INSERT INTO webhook_delivery (webhook_id, event, body, next_at, created_at)
SELECT r.webhook_id, r.event, r.body, :now, :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(webhook_id bigint, event text, body jsonb);

-- name: deliveries_due
-- Deliveries whose time has come, oldest first.
SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
WHERE d.status = 'queued' AND d.next_at <= :now AND w.active ORDER BY d.next_at, d.id LIMIT :limit;

-- name: delivery_lock
-- One delivery, unless somebody is sending it.
SELECT d.id, d.event, d.body, d.tries, w.url, w.secret FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
WHERE d.id = :id AND d.status = 'queued' AND w.active FOR UPDATE OF d SKIP LOCKED;

-- name: delivery_done
-- How a sending went.
UPDATE webhook_delivery SET status = :status, tries = :tries, next_at = :next_at, answer = :answer WHERE id = :id;

-- name: overrides_since
-- Approved exceptions that documents used since a day.
SELECT d.requester, e.coordinate FROM ledger_entry e JOIN document d ON d.id = e.document_id
WHERE e.policy_id = :policy_id AND e.stage = 'forced' AND e.kind = 'override' AND e.at >= CAST(:since AS date);

-- name: used_by_month
-- What each place holds or spent in some periods.
SELECT coordinate, period, sum(amount) AS amount FROM ledger_entry
WHERE policy_id = :policy_id AND period = ANY(:periods) AND stage IN ('reserved', 'committed', 'executed')
      AND transfer_id IS NULL GROUP BY coordinate, period;

-- name: history
-- Everything that was booked under a policy, in order; the place as text. What a later document took over is part of its step.
SELECT e.at, e.stage, e.kind, e.amount, CAST(e.coordinate AS text) AS place, e.period,
       COALESCE(e.by_document_id, e.document_id) AS document, e.document_id AS holder, COALESCE(d.kind, '') AS document_kind,
       e.transfer_id IS NOT NULL AS of_transfer
FROM ledger_entry e LEFT JOIN document d ON d.id = e.document_id
WHERE e.policy_id = :policy_id AND e.at < :until ORDER BY e.id;

-- name: documents_heads
-- Heads of documents, and every place they ever asked for.
SELECT d.id, d.number, d.kind, d.title, d.status, d.requester, COALESCE(u.name, d.requester) AS requester_name, d.created_at,
       ARRAY(SELECT DISTINCT e.coordinate FROM ledger_entry e WHERE e.document_id = d.id) AS coordinates
FROM document d LEFT JOIN app_user u ON u.login = d.requester WHERE d.id = ANY(:ids) ORDER BY d.id;
