"""What fields of a document become, way by way, without a document: for whoever writes a mapping, and to explain one filed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.control import documents, queries
from bihuan.features.control.field_mapping import Mapped, Said, map_fields
from bihuan.features.control.from_model import policy_of
from bihuan.features.control.mapped_lines import mapping_of, merged
from bihuan.features.control.model import NoSuchDocument, NoSuchPolicy, WrongDocument
from bihuan.features.control.policy import Policy
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader

FILE = "policy.yaml"  # what a draft's text is called in its problems


def trial(  # noqa: PLR0917
    reader: Reader, actor: Principal, policy: str, kind: str, head: Said, lines: Sequence[Said], text: str = ""
) -> list[dict[str, Any]]:
    """Each line's ``faults`` (fields that cannot be read) and ``targets``, each with the ways tried; nothing is booked.

    ``text``: a draft of the policy instead of the one in force, for who may write policies. A policy of a model where one may
    read no balances is not there, and what lies where one may not read is refused.
    """
    in_force = queries.policy(reader, policy).policy
    model = in_force.model
    if not actor.holds("control.read", model):
        raise NoSuchPolicy(f"没有控制方案“{policy}”。", policy=policy)
    if text:
        actor.require("control.policy", model=model)
        in_force = policy_of(modelling.compiled(reader, model), model, FILE, text)
    seen = actor.scope("control.read", model)
    found = []
    for no, said in enumerate(lines or [{}], 1):
        what = f"第 {no} 行"
        mapping = mapping_of(in_force, kind, what=what)
        mapped = map_fields(mapping, merged(head, said, what=what), in_force.places)
        place = {t.name: t.value for t in mapped.targets if t.value and t.name in mapping.dimensions}
        if not seen.touches(place):
            actor.require("control.read", model=model, **place)
        found.append({"line_no": no, "faults": dict(mapped.faults), "targets": told_targets(mapped)})
    return found


def trial_of_document(  # noqa: PLR0917
    reader: Reader, actor: Principal, policy: str, kind: str, number: str, text: str = ""
) -> list[dict[str, Any]]:
    """The same with the fields kept with a document that the actor may see."""
    in_force = queries.policy(reader, policy)
    found = reader.rows("control.documents_of_number", policy_id=in_force.id, number=number, kind=kind)
    if not found:
        raise NoSuchDocument(number=number)
    document_id = found[0]["id"]
    head = documents.shown(reader, actor, document_id)
    lines = [line["fields"] or {} for line in head["lines"]]
    if not any(lines):
        raise WrongDocument(f"单据 {head['number']} 没有留存字段：它的行直接写了成员。", document=document_id)
    return trial(reader, actor, head["policy"], head["kind"], {}, lines, text)


def mapped_again(policy: Policy, kind: str, fields: Mapping[str, Any] | None) -> Mapped:
    """What kept fields come to under the policy they were filed under; nothing where a line had none."""
    type_ = policy.document(kind) if fields else None
    if not fields or type_ is None or type_.mapping is None:
        return Mapped({}, ())
    return map_fields(type_.mapping, fields, policy.places)


def told_targets(mapped: Mapped) -> list[dict[str, Any]]:
    """Targets with their ways, the one chosen marked."""
    return [
        {
            "name": t.name,
            "value": t.value,
            "fault": t.fault,
            "tried": [{**asdict(w), "chosen": bool(w.value)} for w in t.tried],
        }
        for t in mapped.targets
    ]
