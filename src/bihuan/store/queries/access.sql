-- name: session
-- The live session of a cookie with its user, one round trip; expiry is judged by the caller.
SELECT s.user_id, s.last_seen_at, s.expires_at, u.login, u.name, u.access_seq
FROM session s JOIN app_user u ON u.id = s.user_id
WHERE s.id_hash = :id_hash AND s.revoked_at IS NULL AND u.active;

-- name: touch_session
-- Notes that a session was used.
UPDATE session SET last_seen_at = :now WHERE id_hash = :id_hash AND last_seen_at < :now;

-- name: insert_session
-- Opens a session.
INSERT INTO session (id_hash, user_id, created_at, last_seen_at, expires_at, address, agent)
VALUES (:id_hash, :user_id, :now, :now, :expires_at, :address, :agent);

-- name: revoke_session
-- Ends one session.
UPDATE session SET revoked_at = :now WHERE id_hash = :id_hash AND revoked_at IS NULL;

-- name: revoke_sessions
-- Ends every session of a user but the one given.
UPDATE session SET revoked_at = :now
WHERE user_id = :user_id AND revoked_at IS NULL AND id_hash IS DISTINCT FROM :but;

-- name: grants
-- What a user's roles grant, each with the limits and the end of its assignment.
SELECT r.code AS role, g.action, g.effect, g.limits, g.totals, ur.limits AS assigned, ur.until
FROM user_role ur JOIN role r ON r.id = ur.role_id LEFT JOIN role_grant g ON g.role_id = r.id
WHERE ur.user_id = :user_id ORDER BY r.code, g.id, ur.id;

-- name: lock_attempts
-- Makes sign-ins of one account wait for each other, so that parallel guesses are counted one by one.
SELECT pg_advisory_xact_lock(hashtextextended(:login, 1));

-- name: failed_attempts
-- Failed sign-ins since a moment, by account and by address.
SELECT (SELECT count(*) FROM sign_in_attempt WHERE login = :login AND at > :since AND NOT ok) AS by_login,
       (SELECT count(*) FROM sign_in_attempt WHERE address = :address AND at > :since AND NOT ok) AS by_address;

-- name: insert_attempt
-- Counts a sign-in as failed before the password is looked at; success is noted after.
INSERT INTO sign_in_attempt (at, login, address) VALUES (:now, :login, :address) RETURNING id;

-- name: attempt_ok
-- The sign-in succeeded: the account's earlier failures no longer count against it.
UPDATE sign_in_attempt SET ok = true WHERE id = :id OR (login = :login AND address = :address AND NOT ok);

-- name: user_by_login
-- The user of a login, with the password hash.
SELECT id, login, name, password_hash, active, access_seq FROM app_user WHERE login = :login;

-- name: user_by_id
-- One user, with the password hash.
SELECT id, login, name, password_hash, active, access_seq FROM app_user WHERE id = :id;

-- name: names
-- Names of people by login.
SELECT login, name FROM app_user WHERE login = ANY(:logins);

-- name: insert_user
-- Adds a user.
INSERT INTO app_user (login, name, password_hash) VALUES (:login, :name, :password_hash)
ON CONFLICT (login) DO NOTHING RETURNING id;

-- name: set_password
-- Replaces a password hash.
UPDATE app_user SET password_hash = :password_hash WHERE id = :id;

-- name: set_active
-- Lets a user in, or keeps the user out.
UPDATE app_user SET active = :active, access_seq = access_seq + 1 WHERE id = :id;

-- name: users
-- All users with their roles.
SELECT u.id, u.login, u.name, u.active, coalesce(
    jsonb_agg(jsonb_build_object('role', r.code, 'limits', ur.limits, 'until', ur.until) ORDER BY r.code, ur.id)
        FILTER (WHERE r.id IS NOT NULL), '[]') AS roles
FROM app_user u LEFT JOIN user_role ur ON ur.user_id = u.id LEFT JOIN role r ON r.id = ur.role_id
GROUP BY u.id ORDER BY u.login;

-- name: roles
-- All roles with their grants.
SELECT r.id, r.code, r.name, r.note, coalesce(
    jsonb_agg(jsonb_build_object('action', g.action, 'effect', g.effect, 'limits', g.limits, 'totals', g.totals)
        ORDER BY g.id) FILTER (WHERE g.id IS NOT NULL), '[]') AS grants
FROM role r LEFT JOIN role_grant g ON g.role_id = r.id GROUP BY r.id ORDER BY r.code;

-- name: upsert_role
-- Makes sure a role exists.
INSERT INTO role (code, name, note) VALUES (:code, :name, :note)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, note = excluded.note RETURNING id;

-- name: delete_grants
-- Empties a role before its grants are written anew.
DELETE FROM role_grant WHERE role_id = :role_id;

-- name: insert_grant
-- Adds a grant to a role.
INSERT INTO role_grant (role_id, action, effect, limits, totals)
VALUES (:role_id, :action, :effect, CAST(:limits AS jsonb), :totals);

-- name: bump_holders
-- What the holders of a role may do has changed.
UPDATE app_user SET access_seq = access_seq + 1 WHERE id IN (SELECT user_id FROM user_role WHERE role_id = :role_id);

-- name: bump_user
-- What a user may do has changed.
UPDATE app_user SET access_seq = access_seq + 1 WHERE id = :user_id;

-- name: unassign_all
-- Takes all roles from a user before they are given anew.
DELETE FROM user_role WHERE user_id = :user_id;

-- name: assign
-- Gives a user a role within limits.
INSERT INTO user_role (user_id, role_id, limits, until)
SELECT :user_id, id, CAST(:limits AS jsonb), :until FROM role WHERE code = :role RETURNING id;

-- name: record
-- Appends to the action trail.
INSERT INTO action_entry (at, actor_id, actor, action, subject_kind, subject_id, before, after, reason, request_id)
VALUES (:at, :actor_id, :actor, :action, :subject_kind, :subject_id,
        CAST(:before AS jsonb), CAST(:after AS jsonb), :reason, :request_id)
RETURNING id;

-- name: record_each
-- Appends one entry per subject.
INSERT INTO action_entry (at, actor_id, actor, action, subject_kind, subject_id, after, reason, request_id)
SELECT :at, :actor_id, :actor, :action, r.k, r.s, r.a, :reason, :request_id
FROM ROWS FROM (jsonb_to_recordset(CAST(:rows AS jsonb)) AS (k text, s text, a jsonb)) WITH ORDINALITY AS r
ORDER BY r.ordinality;

-- name: doers
-- Who did any of the given actions on a subject.
SELECT DISTINCT actor_id FROM action_entry
WHERE subject_kind = :kind AND subject_id = :id AND action = ANY(:actions);

-- name: actions
-- The trail, newest first, by subject, actor or action where given.
SELECT e.id, e.at, e.actor_id, e.actor, e.action, e.subject_kind, e.subject_id, e.before, e.after, e.reason,
       e.request_id, c.day, c.position
FROM action_entry e LEFT JOIN action_chain c ON c.entry_id = e.id
WHERE (CAST(:kind AS text) IS NULL OR e.subject_kind = :kind)
  AND (CAST(:subject AS text) IS NULL OR e.subject_id = :subject)
  AND (CAST(:actor AS text) IS NULL OR e.actor = :actor)
  AND (CAST(:action AS text) IS NULL OR e.action LIKE :action)
  AND (CAST(:before_id AS bigint) IS NULL OR e.id < :before_id)
ORDER BY e.id DESC LIMIT :limit;

-- name: lock_chain
-- One sealer at a time.
SELECT pg_advisory_xact_lock(7302);

-- name: unsealed
-- Trail entries that no chain holds yet, oldest first.
SELECT e.* FROM action_entry e WHERE NOT EXISTS (SELECT 1 FROM action_chain c WHERE c.entry_id = e.id)
ORDER BY e.id LIMIT :limit;

-- name: chain_heads
-- The last link of each day's chain.
SELECT DISTINCT ON (day) day, position, hash FROM action_chain ORDER BY day, position DESC;

-- name: insert_link
-- Appends to a day's chain.
INSERT INTO action_chain (entry_id, day, position, hash) VALUES (:entry_id, :day, :position, :hash);

-- name: insert_digest
-- Closes a day that has passed.
INSERT INTO action_digest (day, entries, hash, at) VALUES (:day, :entries, :hash, :at) ON CONFLICT DO NOTHING;

-- name: digests
-- The closed days.
SELECT day, entries, hash FROM action_digest ORDER BY day;

-- name: chain
-- Every link of a day with what it seals, in order.
SELECT c.day, c.position, c.hash, e.* FROM action_chain c JOIN action_entry e ON e.id = c.entry_id
ORDER BY c.day, c.position;

-- name: claim_key
-- Takes an idempotency key, waiting for whoever holds it; no row = it was taken before.
INSERT INTO idempotency_key (user_id, key, request_hash, at) VALUES (:user_id, :key, :request_hash, :now)
ON CONFLICT DO NOTHING RETURNING key;

-- name: key_answer
-- The answer given the first time.
SELECT request_hash, status, body FROM idempotency_key WHERE user_id = :user_id AND key = :key;

-- name: keep_answer
-- Keeps the answer with the key, in the same transaction as what it answers.
UPDATE idempotency_key SET status = :status, body = CAST(:body AS jsonb) WHERE user_id = :user_id AND key = :key;

-- name: announce
-- Tells all workers on commit; the payload is JSON under 8000 bytes.
SELECT pg_notify('bihuan', :payload);

-- name: alive
-- The database answers.
SELECT 1;

-- name: sweep_attempts
-- Forgets sign-in attempts too old to count.
DELETE FROM sign_in_attempt WHERE at < :before;

-- name: sweep_sessions
-- Forgets sessions that ended long ago.
DELETE FROM session WHERE expires_at < :before OR revoked_at < :before;

-- name: sweep_keys
-- Forgets idempotency keys nobody repeats any more.
DELETE FROM idempotency_key WHERE at < :before;

-- name: setting
-- A setting of the installation.
SELECT value FROM setting WHERE name = :name;

-- name: set_setting
-- Writes a setting; answers what stood there before.
WITH old AS (SELECT value FROM setting WHERE name = :name)
INSERT INTO setting (name, value) VALUES (:name, CAST(:value AS jsonb))
ON CONFLICT (name) DO UPDATE SET value = excluded.value
RETURNING (SELECT value FROM old);

-- name: service_insert
-- A service account of a user that was just added.
INSERT INTO service_account (client_id, user_id, secret_hash, hmac_key, scopes, per_minute, sandbox)
VALUES (:client_id, :user_id, :secret_hash, :hmac_key, :scopes, :per_minute, :sandbox);

-- name: service_by_client
-- An account by its client id, with its user.
SELECT s.id, s.client_id, s.user_id, s.secret_hash, s.hmac_key, s.scopes, s.per_minute, s.sandbox,
       s.active AND u.active AS active, u.login, u.name, u.access_seq
FROM service_account s JOIN app_user u ON u.id = s.user_id WHERE s.client_id = :client_id;

-- name: service_by_token
-- The account a token was given to, while both are good.
SELECT s.id, s.client_id, s.user_id, t.scopes, s.per_minute, s.sandbox, u.login, u.name, u.access_seq
FROM service_token t JOIN service_account s ON s.id = t.account_id JOIN app_user u ON u.id = s.user_id
WHERE t.id_hash = :id_hash AND t.expires_at > :now AND s.active AND u.active;

-- name: services
-- Every account without its secrets, and the minute it was last heard of.
SELECT s.client_id, u.login, u.name, s.scopes, s.per_minute, s.sandbox, s.active, s.created_at,
       (SELECT max(c.minute) FROM service_use c WHERE c.account_id = s.id) AS last_used_at
FROM service_account s JOIN app_user u ON u.id = s.user_id ORDER BY s.id;

-- name: service_secret
-- Another secret.
UPDATE service_account SET secret_hash = :secret_hash, hmac_key = :hmac_key WHERE id = :id;

-- name: service_active
-- In or out.
UPDATE service_account SET active = :active WHERE id = :id;

-- name: service_tokens_end
-- Ends every token of an account.
DELETE FROM service_token WHERE account_id = :account_id;

-- name: service_token_insert
-- A new token; those that have run out are dropped on the way.
WITH old AS (DELETE FROM service_token WHERE account_id = :account_id AND expires_at <= :now)
INSERT INTO service_token (id_hash, account_id, scopes, expires_at) VALUES (:id_hash, :account_id, :scopes, :expires_at);

-- name: service_call
-- One more call in this minute; how many there were.
INSERT INTO service_use (account_id, minute, calls) VALUES (:account_id, :minute, 1)
ON CONFLICT (account_id, minute) DO UPDATE SET calls = service_use.calls + 1 RETURNING calls;

-- name: service_signature_take
-- Marks a signature as used; no row comes back when it was before.
INSERT INTO service_signature (signature, at) VALUES (:signature, :now) ON CONFLICT DO NOTHING RETURNING at;

-- name: sweep_service
-- Forgets calls and signatures older than the moment.
WITH calls AS (DELETE FROM service_use WHERE minute < :before AND EXISTS (
                   SELECT FROM service_use u WHERE u.account_id = service_use.account_id AND u.minute > service_use.minute))
DELETE FROM service_signature WHERE at < :before;

-- name: claim_keys
-- Takes idempotency keys in key order, waiting for whoever holds them; those that come back are new.
INSERT INTO idempotency_key (user_id, key, request_hash, at)
SELECT :user_id, r.key, decode(r.hash, 'hex'), :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(key text, hash text) ORDER BY r.key
ON CONFLICT DO NOTHING RETURNING key;

-- name: key_answers
-- The answers given the first time.
SELECT key, request_hash, body FROM idempotency_key WHERE user_id = :user_id AND key = ANY(:keys);

-- name: keep_answers
-- Keeps answers with their keys.
UPDATE idempotency_key k SET status = 200, body = r.body
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(key text, body jsonb)
WHERE k.user_id = :user_id AND k.key = r.key;

-- name: free_keys
-- What was refused frees its keys.
DELETE FROM idempotency_key WHERE user_id = :user_id AND key = ANY(:keys);
