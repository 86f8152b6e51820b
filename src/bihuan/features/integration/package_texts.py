"""Sources as part of a model package: ``sources/<name>.yaml`` and its mapping ``sources/<name>.csv``.

The applied revision is the truth (decision 0014). Applying a package defines its sources; a mapping rule added in the browser
becomes the package's next revision, and so does a source defined through the API where the package holds one of that code.
"""

from collections.abc import Mapping
from dataclasses import replace

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.access.scope import Grant
from bihuan.features.integration.model import BadSource, Source
from bihuan.features.integration.source_text import parse_source
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.modelling.model import UnknownModel
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.store.unit_of_work import Reader, UnitOfWork

FOLDER = "sources/"


class SourceRevisions:
    """Implements `modelling.model.RevisionListener`: sources follow the applied package.

    A source whose text was removed from the package stays as it is, because batches name it.
    """

    def on_lock(self, uow: UnitOfWork, model_id: int) -> None:
        """A source's row comes before plan heads in the order of locks (as in `publishing.publish`)."""
        uow.run("integration.lock_sources", model=models.find(uow, model_id).code)

    def on_revision(self, uow: UnitOfWork, actor: Principal, model_id: int, revision: int) -> None:
        """Takes every source of the package; refuses with every problem of all of them at once."""
        owners = {row["code"]: row["model"] for row in uow.rows("integration.sources")}
        found = read_sources(models.find(uow, model_id).code, models.package(uow, model_id, revision), owners)
        for source, definition, mapping in found:
            put(uow, actor, source=source, definition=definition, mapping=mapping)


def read_sources(model: str, texts: Mapping[str, str], owners: Mapping[str, str]) -> list[tuple[Source, str, str]]:
    """(source, its text, its mapping's) of a package; raises `BadSource` with the problems of all of them.

    ``owners``: the model of each source code that is taken.
    """
    problems: list[Problem] = []
    read: list[tuple[Source, str, str]] = []
    for file, mapping_file in _files(texts):
        mapping = texts.get(mapping_file, "")
        try:
            source = parse_source(texts[file], mapping, file=file, mapping_file=mapping_file)
        except ProblemsFound as bad:
            problems += bad.problems
            continue
        if source.model != model:
            problems.append(Problem("bad_value", file, found=f"model: {source.model}", expected=f"model: {model}"))
        elif owners.get(source.code, model) != model:
            found = f"source: {source.code}, of model {owners[source.code]}"
            problems.append(Problem("code_taken", file, found=found, expected="a code that no other model uses"))
        read.append((source, texts[file], mapping))
    if problems:
        raise BadSource(problems)
    return read


def write(uow: UnitOfWork, actor: Principal, *, source: Source, definition: str, mapping: str, reason: str = "") -> int:
    """Takes the texts as the source's next revision, through the package where that holds the source; the revision."""
    now = uow.row("integration.source", code=source.code)
    if now and now["model"] != source.model:
        found = f"source: {source.code}, of model {now['model']}"
        raise BadSource([Problem("code_taken", "source", found=found, expected="a code that no other model uses")])
    if now and (now["definition"], now["mapping"]) == (definition, mapping):
        return int(now["revision"])
    held = _held(uow, source)
    if held is not None:
        number, texts, file, mapping_file = held
        uow.run("integration.lock_sources", model=source.model)
        changed = {**texts, file: definition} | ({mapping_file: mapping} if mapping or mapping_file in texts else {})
        # who may define a source may write its text; that the text lies in the model's package asks no further right
        editor = replace(actor, grants=(*actor.grants, Grant("model.apply")))
        modelling.apply(uow, editor, changed, from_revision=number, reason=reason or source.title, name=source.model)
    return put(uow, actor, source=source, definition=definition, mapping=mapping)


def put(uow: UnitOfWork, actor: Principal, *, source: Source, definition: str, mapping: str) -> int:
    """The source's next revision, alone; the same text again changes nothing."""
    now = uow.row("integration.source", code=source.code)
    if now and (now["definition"], now["mapping"]) == (definition, mapping):
        return int(now["revision"])
    revision = int(uow.value("integration.add_source", code=source.code, model=source.model))
    uow.run(
        "integration.add_revision",
        source=source.code,
        revision=revision,
        definition=definition,
        mapping=mapping,
        author=actor.user_id,
        now=uow.now(),
    )
    record(uow, actor, "integration.define", ("source", source.code), after={"revision": revision})
    return revision


def _held(reader: Reader, source: Source) -> tuple[int, dict[str, str], str, str] | None:
    """The package's revision and texts with the file of this source and of its mapping; None where it holds none."""
    try:
        model = models.find(reader, source.model)
    except UnknownModel:
        return None
    texts = models.package(reader, model.id, model.revision)
    for file, mapping_file in _files(texts):
        try:
            if parse_source(texts[file], texts.get(mapping_file, "")).code == source.code:
                return model.revision, texts, file, mapping_file
        except ProblemsFound:
            continue
    return None


def _files(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    names = sorted(f for f in texts if f.startswith(FOLDER) and f.endswith(".yaml"))
    return [(name, name.removesuffix(".yaml") + ".csv") for name in names]
