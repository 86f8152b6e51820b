"""Flows of a model package: ``flows/*.yaml`` of a revision take effect when it is applied; running cases stay on theirs."""

from collections.abc import Collection, Mapping

from bihuan.features.access.model import Principal, system
from bihuan.features.modelling import queries as modelling
from bihuan.features.process.commands import put_flow
from bihuan.features.process.flow import Flow, parse_flow
from bihuan.features.process.model import subject_kinds
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.store.unit_of_work import UnitOfWork


def flows_of(
    files: Mapping[str, str], roles: Collection[str] | None = None, subjects: Collection[str] | None = None
) -> list[Flow]:
    """The flows of a package's texts; every problem of all of them at once."""
    problems: list[Problem] = []
    flows: dict[str, Flow] = {}
    for file, text in sorted(files.items()):
        if not (file.startswith("flows/") and file.endswith((".yaml", ".yml"))):
            continue
        try:
            flow = parse_flow(text, file=file, roles=roles, subjects=subjects)
        except ProblemsFound as bad:
            problems += bad.problems
            continue
        if flow.code in flows:
            problems.append(Problem("bad_flow", file, found=f"code: {flow.code}", expected="每个审批流的代码不同"))
        flows[flow.code] = flow
    if problems:
        raise ProblemsFound(problems)
    return list(flows.values())


class FlowRevisions:
    """Implements `modelling.model.RevisionListener`."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Flows lock nothing that others lock."""

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:
        """The package's flows become the newest of this model; who may apply a package may change what it says."""
        model = modelling.find(uow, model_id)
        files = modelling.package(uow, model_id, revision)
        roles = {r["code"] for r in uow.rows("process.role_codes")}
        for flow in flows_of(files, roles or None, subject_kinds() or None):
            put_flow(uow, system(actor.login, actor.request_id), flow, model=model.code)
