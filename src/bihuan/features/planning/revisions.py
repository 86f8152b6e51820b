"""A new model revision takes a seq in every version of the model, so that "as of" is (seq, revision)."""

from collections.abc import Sequence

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.data import PLAN_VERSION
from bihuan.features.modelling.touched import rescaled
from bihuan.features.planning import manifests, versions
from bihuan.features.planning.cells import ref_of
from bihuan.features.planning.commands import adopt_revision
from bihuan.features.planning.model import Version
from bihuan.features.planning.replica import replica_of, tail
from bihuan.features.planning.writing import lock_heads
from bihuan.kernel.errors import ProblemsFound
from bihuan.store.unit_of_work import UnitOfWork


class PlanRevisions:
    """Implements `modelling.model.RevisionListener`."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Plan heads come first in the order of locks."""
        lock_heads(uow, [v.id for v in versions.all_of(uow, model_id)])

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:
        """Open versions move on; a version role that has no version yet gets an empty one."""
        known = versions.all_of(uow, model_id)
        _refuse_other_scales(uow, known, model_id, revision)
        for version in known:
            if version.status != "closed":
                adopt_revision(uow, actor, version_id=version.id, revision=revision)
        definition = modelling.compiled(uow, model_id, revision).definition
        for role in definition.versions or (PLAN_VERSION,):
            code = definition.first_versions.get(role, role)
            if role not in {v.role for v in known} and code not in {v.code for v in known}:
                manifests.start_version(
                    uow, actor, model_id=model_id, code=code, name=code, role=role, revision=revision, bound=True
                )


def _refuse_other_scales(uow: UnitOfWork, known: Sequence[Version], model_id: int, revision: int) -> None:
    """Of closed versions too, they may be opened again; and where cells were cleared, their clearing may be undone."""
    if revision == 1:
        return
    models = (modelling.compiled(uow, model_id, number) for number in (revision - 1, revision))
    if not (wrong := rescaled(*models)):
        return
    replica, written = replica_of(uow), set[ItemRef]()
    for version in known:
        inputs = replica.pin(uow, version.id).sheet.inputs
        written |= {ref for ref in wrong.keys() & inputs.keys() if len(inputs[ref].keys)}
        written |= {ref_of(code) for entry in tail(uow, version.id, 0, version.seq) for code in entry.cells.items}
    if problems := [problem for ref, problem in wrong.items() if ref in written]:
        raise ProblemsFound(problems)
