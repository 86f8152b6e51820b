-- name: insert
-- Tells a person something.
INSERT INTO notification (user_id, kind, title, note, actor, link, data, at)
VALUES (:user_id, :kind, :title, :note, :actor, :link, CAST(:data AS jsonb), :at);

-- name: newest
-- What a person was told, newest first.
SELECT id, kind, title, note, actor, link, data, at, read_at FROM notification
WHERE user_id = :user_id AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit;

-- name: unread
-- How much of it is unread.
SELECT count(*) FROM notification WHERE user_id = :user_id AND read_at IS NULL;

-- name: settle
-- What told people that a case waits for them is read once it no longer does.
UPDATE notification SET read_at = :at
WHERE user_id = ANY(:users) AND read_at IS NULL AND kind = ANY(:kinds) AND data ->> 'case' = :about;

-- name: read
-- Marks some (NULL = all) of a person's as read.
UPDATE notification SET read_at = :at
WHERE user_id = :user_id AND read_at IS NULL AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids));
