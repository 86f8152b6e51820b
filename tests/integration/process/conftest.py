"""People with roles, and a subject that writes down what happens to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.process import model
from bihuan.features.process.commands import put_flow
from bihuan.features.process.model import Flow, Node
from bihuan.store.unit_of_work import Database, UnitOfWork

PEOPLE = {"li": "filler", "wang": "approver", "zhao": "approver", "chen": "chief", "sun": "outsider"}
ROLES = {
    "filler": ["process.submit", "process.approve"],
    "approver": ["process.approve"],
    "chief": ["process.approve"],
    "outsider": ["plan.read"],
}
TWO_STEPS = Flow(
    "两级", "两级审批", (Node("a", "部门", role="approver", due_days=3), Node("b", "公司", ("chen", "li")))
)


@dataclass
class Diary:
    """A subject that remembers; ``refuse`` makes one hook raise."""

    told: list[tuple[str, int, str]] = field(default_factory=list)
    refuse: str = ""
    submit_action: str = "process.submit"

    def lock(self, uow: UnitOfWork, subject_id: int) -> None:
        self.told.append(("lock", subject_id, ""))

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def hook(uow: UnitOfWork, actor: Principal, subject_id: int, reason: Any) -> None:
            if name == self.refuse:
                raise model.WrongStatus("不行")
            self.told.append((name, subject_id, reason))

        return hook


@pytest.fixture(scope="module")
def people(database: Database) -> Callable[[str], Principal]:
    """``people("wang")``: a principal as signed in."""
    with database.writing() as uow:
        for role, actions in ROLES.items():
            access.define_role(uow, system(), code=role, name=role, grants=[{"action": a} for a in actions])
        for login, role in PEOPLE.items():
            access.add_user(uow, system(), login=login, name=login, password=None)
            access.assign_roles(uow, system(), login=login, assignments=[{"role": role}])
        put_flow(uow, system(), TWO_STEPS)

    def person(login: str) -> Principal:
        with database.reading() as reader:
            found = principal_of(reader, login)
            assert found is not None
            return found

    return person


@pytest.fixture
def diary() -> Iterator[Diary]:
    """The subject of kind "diary"."""
    subject = Diary()
    model.register("diary", subject)
    yield subject
    model._subjects.pop("diary")
