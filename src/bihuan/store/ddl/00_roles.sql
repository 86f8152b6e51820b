-- The application connects as a role that cannot rewrite history; granted by the migration runner.
SELECT 1;
