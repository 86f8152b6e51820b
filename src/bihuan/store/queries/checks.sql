-- name: keep_reason
-- Keeps what a submitter said to one finding.
INSERT INTO check_reason (unit_id, submission, finding, title, message, reason, author_id, author, at)
VALUES (:unit_id, :submission, :finding, :title, :message, :reason, :author_id, :author, :at);

-- name: reasons
-- What was said at a submission of a unit, with who said it.
SELECT r.finding, r.title, r.message, r.reason, coalesce(u.name, r.author) AS author, r.at
FROM check_reason r LEFT JOIN app_user u ON u.id = r.author_id
WHERE r.unit_id = :unit_id AND r.submission = :submission ORDER BY r.id;
