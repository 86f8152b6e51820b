"""Lines whose fields become members: what `field_mapping` finds, put where lines say it, or refused with all that was tried. Pure.

Done again it changes nothing, so a line may be mapped wherever its place is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from bihuan.features.control.field_mapping import AMOUNT, PERIOD, FieldMapping, Mapped, Said, Target, map_fields
from bihuan.features.control.model import RequestLine, Unmapped, WrongDocument
from bihuan.features.control.policy import Policy


def merged(head: Said, line: Said, *, what: str) -> dict[str, str | bool | int | None]:
    """The fields of a line with those of its document's head; a field said twice must say the same."""
    for name in head.keys() & line.keys():
        if head[name] != line[name]:
            message = f"{what}：字段“{name}”在单据头为“{head[name]}”，在行上为“{line[name]}”，请只写一处。"
            raise WrongDocument(message, field=name)
    return {**head, **line}


def mapping_of(policy: Policy, kind: str, *, what: str) -> FieldMapping:
    """The mapping of a kind of document; refused where it has none."""
    type_ = policy.document(kind) if kind else None
    if type_ is None or type_.mapping is None:
        known = "、".join(d.code for d in policy.documents if d.mapping) or "没有"
        raise WrongDocument(
            f"{what}：单据类型“{kind or '空白'}”没有字段对应，不能写 fields；有字段对应的单据类型：{known}。",
            found=kind,
        )
    return type_.mapping


def mapped_line(policy: Policy, kind: str, no: int, line: RequestLine) -> RequestLine:
    """The line with the members, period and amount that its fields come to; as it is where it says no fields."""
    if not line.fields:
        return line
    what = f"第 {no} 行"
    found = map_fields(mapping_of(policy, kind, what=what), line.fields, policy.places)
    if not found.complete:
        raise _unmapped(found, kind, no)
    values = {t.name: t.value for t in found.targets}
    amount = Decimal(values.pop(AMOUNT)) if AMOUNT in values else line.amount
    period = values.pop(PERIOD, line.period)
    _require_same(what, AMOUNT, None if line.amount.is_nan() else line.amount, amount)
    _require_same(what, PERIOD, line.period or None, period)
    for dimension, member in values.items():
        _require_same(what, dimension, line.coordinate.get(dimension), member)
    return replace(line, coordinate={**line.coordinate, **values}, period=period, amount=amount)


def mapped_lines(policy: Policy, kind: str, lines: Sequence[RequestLine]) -> tuple[RequestLine, ...]:
    """Every line of a document of ``kind``."""
    return tuple(mapped_line(policy, kind, no, line) for no, line in enumerate(lines, 1))


def _require_same(what: str, name: str, said: object, found: object) -> None:
    """What a line says beside its fields may only agree with them."""
    if said is not None and said != found:
        message = f"{what}：{name} 写的是“{said}”，按字段对应是“{found}”；请改字段，或不写 {name}。"
        raise WrongDocument(message, found=str(said), expected=str(found))


def _unmapped(found: Mapped, kind: str, no: int) -> Unmapped:
    if found.faults:
        told = "；".join(f"字段“{name}”：{fault}" for name, fault in found.faults.items())
        return Unmapped(f"第 {no} 行：{told}。请改正单据的字段。", line=no, fields=sorted(found.faults))
    wrong = [t for t in found.targets if t.fault]
    fields = list(dict.fromkeys(name for t in wrong for tried in t.tried for name in tried.read))
    told = "\n".join(f"第 {no} 行：对应不出 {t.name}。试过：{t.fault}。" for t in wrong)
    named = "、".join(fields)
    act = f"请改正单据字段 {named}，或请" if fields else "请"
    message = f"{told}\n{act}预算管理员在单据类型“{kind}”的字段对应里补上；对应不出的单据不予通过。"
    return Unmapped(message, line=no, fields=fields, targets=[_told(t) for t in wrong])


def _told(target: Target) -> Mapping[str, object]:
    return {"target": target.name, "tried": [tried.spoken() for tried in target.tried]}
