"""Forms: what a plan is filled in on; compared, filled from last year, exported."""
