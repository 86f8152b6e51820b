"""The process that starts and ends PostgreSQL, web workers and the job process."""
