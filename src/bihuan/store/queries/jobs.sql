-- name: enqueue
-- Puts a job into the queue as part of this transaction: it exists when, and only when, the transaction commits.
SELECT procrastinate.procrastinate_defer_jobs_v1(ARRAY[ROW(
    'default', CAST(:name AS varchar), 0, CAST(:lock AS text), CAST(:queueing_lock AS text), CAST(:payload AS jsonb), NULL
)::procrastinate.procrastinate_job_to_defer_v1]) AS ids;

-- name: state
-- Where a job stands: todo, doing, succeeded, failed, cancelled, aborted; no row when it succeeded and was removed.
SELECT status::text FROM procrastinate.procrastinate_jobs WHERE id = :id;
