"""What a run said of an item's series, cut by the scope of who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledItem
from bihuan.features.access.model import Principal
from bihuan.features.forecast.model import Run
from bihuan.features.forecast.series import Floats
from bihuan.features.planning import cells, scoped, versions
from bihuan.features.planning.replica import PlanState
from bihuan.store.unit_of_work import Reader

Amount = Decimal | None


@dataclass(frozen=True, eq=False)
class Said:
    """What the run said of the item's series that the actor may see: ids [n, dims], baselines, errors, choices."""

    keys: NDArray[np.int32]
    baseline: Sequence[Mapping[str, Amount]]
    errors: Floats
    choices: Sequence[tuple[str, str, str]]
    scores: Sequence[Mapping[str, Sequence[float]]]


def said_of(reader: Reader, actor: Principal, state: PlanState, run: Run, item: CompiledItem) -> Said:
    """What a run said of an item's series inside the actor's scope."""
    code = cells.code_of(item.ref)
    rows = reader.rows("forecast.series", run=run.id, item=code)
    keys = np.array([row["members"] for row in rows], np.int32).reshape(len(rows), len(item.dims))
    scope = scoped.scope_of(state.model, versions.known(reader, state.version_id).code, actor, item.ref)
    seen = [rows[i] for i in np.flatnonzero(scope.rows(item.dims, keys)).tolist()] if len(rows) else []
    keys = np.array([row["members"] for row in seen], np.int32).reshape(len(seen), len(item.dims))
    width = max((len(row["errors"]) for row in seen), default=0)
    errors = np.array([[np.nan if e is None else e for e in row["errors"]] for row in seen]).reshape(len(seen), width)
    return Said(
        keys,
        [{p: None if v is None else Decimal(v) for p, v in row["baseline"].items()} for row in seen],
        errors,
        [(row["method"], row["kind"], row["basis"]) for row in seen],
        [row["scores"] for row in seen],
    )
