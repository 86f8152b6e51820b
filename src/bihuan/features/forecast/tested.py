"""The backtest of a place: how the methods did on periods that are known, over the series that the reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bihuan.features.access.model import Principal
from bihuan.features.forecast import queries
from bihuan.features.forecast.backtest import Scores, scores_of
from bihuan.features.forecast.choice import SILENT
from bihuan.features.forecast.methods import NAIVE, NAMES
from bihuan.features.forecast.places import node_weights, weights_of
from bihuan.features.forecast.said import Said, said_of
from bihuan.features.forecast.series import Floats
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import cells
from bihuan.features.planning.slices import state_for
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class MethodScore:
    """A method's backtest over some series, and how many of them it forecasts."""

    method: str
    name: str
    scores: Scores
    used: int


@dataclass(frozen=True, slots=True)
class Tested:
    """The backtest of a place: every method, and what was chosen series by series against last year's period."""

    origins: int
    horizon: int
    series: int
    silent: int
    chosen: Scores
    naive: Scores
    methods: Sequence[MethodScore]


def tested(reader: Reader, actor: Principal, *, model: str, code: str, item: str, members: Mapping[str, str]) -> Tested:
    """How the methods did on months that are known, over the series under a place that the actor may see."""
    actor.require("forecast.read", model=model)
    found = modelling.find(reader, model)
    run = queries.require_last_done(reader, found.id, code)
    assert run.version_id is not None, "a run that is done names its version"
    state = state_for(reader, actor, run.version_id)
    ref = cells.ref_of(item)
    compiled = state.model.item(ref.cube, ref.item)
    said = said_of(reader, actor, state, run, compiled)
    inside = np.flatnonzero(weights_of(node_weights(state.model, ref, members), said.keys)).tolist()
    sums: dict[str, Floats] = {}
    chosen = np.zeros(6)
    for i in inside:
        for name, row in said.scores[i].items():
            sums[name] = sums.get(name, np.zeros(6)) + np.array(row)
        chosen += np.array(said.scores[i].get(said.choices[i][0], np.zeros(6)))
    used = [said.choices[i][0] for i in inside]
    naive = scores_of(_of_chosen(said, inside))
    about: Mapping[str, Any] = next((e for e in (run.summary or {}).get("items", ()) if e["item"] == item), {})
    methods = [MethodScore(n, NAMES[n], scores_of(sums[n]), used.count(n)) for n in NAMES if n in sums]
    return Tested(
        origins=about.get("origins", 0),
        horizon=about.get("horizon", 0),
        series=len(inside),
        silent=[said.choices[i][1] for i in inside].count(SILENT),
        chosen=scores_of(chosen),
        naive=naive,
        methods=methods,
    )


def _of_chosen(said: Said, inside: Sequence[int]) -> Floats:
    """The sums of last year's period on the series whose chosen method was tested: the same points on both sides."""
    out = np.zeros(6)
    for i in inside:
        if said.choices[i][0] in said.scores[i]:
            out += np.array(said.scores[i][NAIVE])
    return out
