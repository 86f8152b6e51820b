"""Reports, dashboards and questions over the one query."""
