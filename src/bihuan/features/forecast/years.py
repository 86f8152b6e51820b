"""The answer to "how will the year end": rows of months, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bihuan.engine.compiled import CompiledItem
from bihuan.features.forecast.model import Definition, Run
from bihuan.features.forecast.places import Place
from bihuan.features.forecast.queries import Author

Amount = Decimal | None


@dataclass(frozen=True, slots=True)
class Edit:
    """People's edits in a cell: how many leaf cells; the author of the newest."""

    count: int
    author: Author | None


@dataclass(frozen=True, slots=True)
class Month:
    """One period of a row; ``baseline`` and ``edit`` only where the period is forecast."""

    value: Amount
    budget: Amount
    last_year: Amount
    baseline: Amount
    edit: Edit | None


@dataclass(frozen=True, slots=True)
class Method:
    """How the series of a row are forecast: by which method how many of them, and what decided."""

    method: str
    kind: str
    basis: str
    series: int


@dataclass(frozen=True, slots=True)
class Row:
    """A node's year: ``year`` = ``to_date`` + ``rest``; ``band`` is the half-width of the rest, as often right as the text says.

    ``editable``: a leaf in every dimension, whose forecast months the actor may write."""

    place: Place
    months: Sequence[Month]
    to_date: Amount
    rest: Amount
    year: Amount
    budget: Amount
    last_year: Amount
    difference: Amount
    rate: Amount
    band: Amount
    methods: Sequence[Method]
    partial: bool
    editable: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """``periods``: codes of the year with whether each shows actuals; ``dims``: code, name, member, its name."""

    definition: Definition
    run: Run
    version_id: int
    seq: int
    item: CompiledItem
    dims: Sequence[tuple[str, str, str, str]]
    along: str
    budget: str
    year: int
    periods: Sequence[tuple[str, bool]]
    rows: Sequence[Row]
