"""What was mended by hand on the error desk, put into the records of a file. Pure.

The file as it came is never changed. Of several words about one field of one record the newest counts; taking back brings the
original again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from bihuan.features.integration.model import Correction, Source
from bihuan.store.landing import Landed


@dataclass(frozen=True, slots=True)
class InForce:
    """``fields``: record -> field -> what stands there now; ``ignored``: record -> why it shall not count."""

    fields: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    ignored: Mapping[int, str] = field(default_factory=dict)


def in_force(corrections: Sequence[Correction]) -> InForce:
    """What counts of everything that was said, oldest first."""
    fields: dict[int, dict[str, str]] = {}
    ignored: dict[int, str] = {}
    for said in corrections:
        if said.kind == "set":
            fields.setdefault(said.record, {})[said.field] = said.after
        elif said.kind == "ignore":
            ignored[said.record] = said.reason
        elif said.field:
            fields.get(said.record, {}).pop(said.field, None)
        else:
            ignored.pop(said.record, None)
    return InForce({record: found for record, found in fields.items() if found}, ignored)


def corrected(landed: Landed, source: Source, fields: Mapping[int, Mapping[str, str]]) -> Landed:
    """The records with the mended fields; a field that the source no longer names is left as it came."""
    if not fields:
        return landed
    place = {int(record): i for i, record in enumerate(landed.records)}
    table = landed.fields
    by_column: dict[str, dict[int, str]] = {}
    for record, named in fields.items():
        for name, text in named.items():
            column = source.fields.get(name)
            if column is not None and record in place:
                by_column.setdefault(column, {})[place[record]] = text
    for column, texts in by_column.items():
        values = np.array(table[column].to_pylist(), object)
        values[list(texts)] = list(texts.values())
        at = table.column_names.index(column)
        table = table.set_column(at, column, pa.array(values, pa.string()))
    return replace(landed, fields=table)
