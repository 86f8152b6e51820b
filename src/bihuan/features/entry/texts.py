"""What of a model package entry reads: ``forms/*.yaml`` and ``checks/*.yaml`` of the applied revision, kept per process."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import URL

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.entry.checks.text import Check, read_checks
from bihuan.features.entry.forms.text import Form, read_forms
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.texts import Problems
from bihuan.kernel.errors import ProblemsFound
from bihuan.store.unit_of_work import Reader, UnitOfWork

KEPT = 32  # models × revisions of a process; some kilobytes each


@dataclass(frozen=True, eq=False)
class EntryTexts:
    """Forms and checks of one revision, in the order of their files."""

    forms: tuple[Form, ...]
    checks: tuple[Check, ...]


_Key = tuple[URL, int, int, int]
_kept: OrderedDict[_Key, EntryTexts] = OrderedDict()
_guard = threading.Lock()


def texts_of(reader: Reader, model: str | int, revision: int | None = None) -> EntryTexts:
    """A model's forms and checks; `ProblemsFound` with everything wrong in them."""
    found = modelling.find(reader, model)
    number = revision or found.revision
    key = (reader.conn.engine.url, found.id, number, found.state)
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    compiled = modelling.compiled(reader, found.id, number)
    made = read_texts(compiled, modelling.package(reader, found.id, number))
    with _guard:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def read_texts(model: CompiledModel, files: Mapping[str, str]) -> EntryTexts:
    """Forms and checks of a package's files against its compiled model; every problem of all of them at once."""
    problems = Problems()
    made = EntryTexts(
        tuple(read_forms(model, under(files, "forms"), problems)),
        tuple(read_checks(model, under(files, "checks"), problems)),
    )
    if problems:
        raise ProblemsFound(problems)
    return made


def under(files: Mapping[str, str], folder: str) -> dict[str, str]:
    """The YAML files of a folder, by path."""
    return {p: files[p] for p in sorted(files) if p.startswith(f"{folder}/") and p.endswith(".yaml")}


class TextsListener:
    """Implements `modelling.model.RevisionListener`: a package whose forms or checks have problems is not applied."""

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """Nothing to lock."""

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:  # noqa: ARG002 - the protocol
        """Reads the texts; their problems undo the apply."""
        read_texts(modelling.compiled(uow, model_id, revision), modelling.package(uow, model_id, revision))
