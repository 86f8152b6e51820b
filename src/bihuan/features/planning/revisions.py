"""A new model revision takes a seq in every version of the model, so that "as of" is (seq, revision)."""

from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.data import PLAN_VERSION
from bihuan.features.planning import manifests, versions
from bihuan.features.planning.commands import adopt_revision
from bihuan.features.planning.writing import lock_heads
from bihuan.store.unit_of_work import UnitOfWork


class PlanRevisions:
    """Implements `modelling.model.RevisionListener`."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Plan heads come first in the order of locks."""
        lock_heads(uow, [v.id for v in versions.all_of(uow, model_id)])

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:
        """Open versions move on; a version role that has no version yet gets an empty one."""
        known = versions.all_of(uow, model_id)
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
