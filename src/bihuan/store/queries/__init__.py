"""Named queries: one .sql file per feature, read once.

A file is a sequence of blocks::

    -- name: lock_heads
    -- Locks the heads of the given versions in id order, so that two writers never wait for each other.
    SELECT ... WHERE id = ANY(:ids) ORDER BY id FOR UPDATE;

The line of purpose is required. Parameters are ``:name``; a list is passed as a PostgreSQL array (``= ANY(:ids)``).
"""

import re
from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text

_HEADER = re.compile(r"^-- name: (\w+)\n-- (.+)\n", re.MULTILINE)


@cache
def load(feature: str) -> dict[str, TextClause]:
    """All named queries of one feature."""
    source = (files(__package__) / f"{feature}.sql").read_text(encoding="utf-8")
    heads = list(_HEADER.finditer(source))
    ends = [h.start() for h in heads[1:]] + [len(source)]
    queries = {h[1]: text(source[h.end() : end].strip().rstrip(";")) for h, end in zip(heads, ends, strict=True)}
    assert len(queries) == len(heads), f"{feature}.sql names a query twice"
    assert source.count("-- name:") == len(heads), f"{feature}.sql: a query lacks its line of purpose"
    return queries


def named(name: str) -> TextClause:
    """The query called ``feature.query``."""
    feature, _, query = name.partition(".")
    return load(feature)[query]
