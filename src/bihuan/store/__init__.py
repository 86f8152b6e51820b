"""The only SQL and the only files: unit of work, tables, migrations, named queries, blocks, warehouse, embedded server."""
