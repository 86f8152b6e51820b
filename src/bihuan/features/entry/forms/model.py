"""What a form answers, as values; errors of forms.

Errors::

    NoSuchForm    there is no such form, or one may read nothing of it
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.features.entry.forms.text import Form
from bihuan.features.planning.wire import QueryIn, QueryOut
from bihuan.kernel.errors import NotFound


class NoSuchForm(NotFound):
    """没有这张填报表，或您看不到它。"""

    code = "no_such_form"


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison cell: an amount as text, its state, whether it is a sum of only the visible part."""

    v: str | None
    s: str
    p: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column beside the form, one cell for each row of the slice. ``change_from``: a column's code, then no cells."""

    code: str
    title: str
    note: str
    change_from: str
    cells: Sequence[Compared]


@dataclass(frozen=True, slots=True)
class View:
    """A form on a version at an organisation: its year, the query that gives its cells, the cells, what stands beside them."""

    form: Form
    year: int
    query: QueryIn
    slice: QueryOut
    beside: Sequence[Column]
