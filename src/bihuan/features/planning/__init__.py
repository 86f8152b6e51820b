"""Versions and cells: ordered plan writes, replica, the one query, preview, conflict, trace; here engine and store meet."""
