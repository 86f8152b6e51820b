"""Rights over loads. A file's lines lie in every part of a company, so they are for who may act on the whole model."""

from bihuan.features.access.model import Principal
from bihuan.kernel.errors import Forbidden


def may_all(actor: Principal, action: str, model: str) -> bool:
    """True if the action is allowed everywhere in the model."""
    return actor.holds(action, model) and actor.scope(action, model).is_everything


def require_all(actor: Principal, action: str, model: str) -> None:
    """Refuses with `Forbidden` who may not, or only in a part of the model."""
    if not may_all(actor, action, model):
        raise Forbidden(action=action, model=model)
