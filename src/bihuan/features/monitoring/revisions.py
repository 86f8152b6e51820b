"""A package whose alerts cannot be read is not applied; bound in `bootstrap`."""
# ruff: noqa: ARG002 - the protocol names every argument

from bihuan.features.access.model import Principal
from bihuan.features.monitoring.alert_reading import rules_of
from bihuan.store.unit_of_work import UnitOfWork


class AlertTexts:
    """Implements `modelling.model.RevisionListener`."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Nothing to lock."""

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:
        """Reads the new revision's alerts; every problem refuses the apply."""
        rules_of(uow, model_id, revision)
