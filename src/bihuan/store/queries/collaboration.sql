-- name: say
-- Appends one entry to a thread.
INSERT INTO comment (kind, subject, within, place, act, body, mentions, author_id, at)
VALUES (:kind, :subject, :within, :place, :act, :body, :mentions, :author_id, :at) RETURNING id;

-- name: thread
-- Everything said on a subject, oldest first.
SELECT c.id, c.act, c.body, c.at, u.login, u.name,
       (SELECT coalesce(array_agg(m.name ORDER BY m.id), '{}') FROM app_user m WHERE m.id = ANY(c.mentions)) AS mentions
FROM comment c JOIN app_user u ON u.id = c.author_id
WHERE c.kind = :kind AND c.subject = :subject ORDER BY c.id;

-- name: lock_thread
-- Entries of one thread are appended one at a time.
SELECT pg_advisory_xact_lock(hashtextextended(:kind || ' ' || :subject, 0));

-- name: threads_within
-- The threads of a group of subjects: their last entry, how many things were said.
SELECT DISTINCT ON (subject) subject, place, act, at,
       count(*) FILTER (WHERE act = 'say') OVER (PARTITION BY subject) AS said
FROM comment WHERE kind = :kind AND within = :within ORDER BY subject, id DESC;

-- name: mentions_of
-- The newest entries that name a person.
SELECT c.id, c.kind, c.subject, c.place, c.body, c.at, u.name AS author
FROM comment c JOIN app_user u ON u.id = c.author_id
WHERE c.mentions @> CAST(ARRAY[:user_id] AS bigint[]) ORDER BY c.id DESC LIMIT :count;

-- name: people
-- Everybody who can sign in.
SELECT id, login, name FROM app_user WHERE active ORDER BY name, login;
