"""A policy as text: read from a model package (policies/*.yaml, parsed), kept as JSON, read back. Pure.

policy: 费用控制          title, items, unbudgeted (refuse | allow | unruled), zero (budget | none), documents, tax
                          (package_documents.py), exempt (exemptions.py),
                          rest (keep | release: after a smaller voucher), transfer_flow (what approves a transfer),
                          transfers, supplements (move_rules.py), issue (issuing.py),
                          standards (standards.py)
rules:
  - code: 部门月度        title, window, strength, tolerance, stages, disclose (yes | no)
    window: sliding       length: 3; of window span: from, to (package_windows.py)
    bands: [{percent: 90, do: notify}, {percent: 100, amount: 500, do: refuse}]   in place of strength, tolerance (bands.py)
    where: {account: [差旅费]}
    by: {org: leaf, account: 0}
    linked: {item: 收入!金额, percent: 5}   in place of the released budget (linked.py)
    pools: {account: {差旅组: [差旅费, 会议费]}}
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast, get_args

from bihuan.features.control.bands import bands_json, read_bands
from bihuan.features.control.directory import Directory, directory_json, directory_of_json
from bihuan.features.control.exemptions import exemptions_json, read_exemptions
from bihuan.features.control.field_mapping import Places
from bihuan.features.control.issuing import issue_json, read_issue
from bihuan.features.control.linked import linked_json, read_linked
from bihuan.features.control.move_rules import move_rules_json, read_move_rules
from bihuan.features.control.package_documents import documents_json, read_documents, read_members, read_tax, tax_json
from bihuan.features.control.package_mapping import needs
from bihuan.features.control.package_windows import EXTENT_KEYS, extent_json, read_window
from bihuan.features.control.policy import STAGES, DocumentType, Level, Policy, Rule, Stage, Strength, Trees
from bihuan.features.control.standards import read_standards, standards_json
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import Problem, ProblemsFound

_POLICY_KEYS = {
    "policy",
    "title",
    "items",
    "unbudgeted",
    "zero",
    "exempt",
    "rest",
    "rules",
    "documents",
    "tax",
    "transfer_flow",
    "transfers",
    "supplements",
    "issue",
    "standards",
}
_RULE_KEYS = {
    "code",
    "title",
    "window",
    "by",
    "where",
    "pools",
    "strength",
    "tolerance",
    "stages",
    "disclose",
    "bands",
    "linked",
} | EXTENT_KEYS


def read_policy(
    text: Mapping[str, Any],
    *,
    calendar: ControlCalendar,
    trees: Trees,
    directory: Directory | None = None,
    file: str = "policy",
    model: str = "",
) -> Policy:
    """The policy of a parsed text; every problem at once. Scalars may be text, as packages are read.

    ``directory``: all that the model knows; the policy keeps what its field mappings look up.
    """
    problems: list[Problem] = []

    def bad(where: str, found: object, expected: str) -> None:
        problems.append(Problem("bad_policy", file, found=f"{where}: {found}", expected=expected))

    for unknown in text.keys() - _POLICY_KEYS:
        bad("policy", unknown, "one of " + " ".join(sorted(_POLICY_KEYS)))
    if not text.get("policy"):
        bad("policy", "nothing", "a code")
    if text.get("unbudgeted", "refuse") not in ("refuse", "allow", "unruled"):
        bad("unbudgeted", text["unbudgeted"], "refuse, allow or unruled")
    if text.get("zero", "budget") not in ("budget", "none"):
        bad("zero", text["zero"], "budget or none")
    elif text.get("zero") == "none" and text.get("unbudgeted") == "allow":
        bad("zero", "none", "budget: where unbudgeted documents pass, a zero is what stops them")
    if text.get("rest", "keep") not in ("keep", "release"):
        bad("rest", text["rest"], "keep or release")
    raw_rules = text.get("rules") or []
    if not raw_rules:
        bad("rules", "none", "at least one rule")
    codes = [str(raw.get("code", "")) for raw in raw_rules]
    for code in {c for c in codes if codes.count(c) > 1}:
        bad("rules", code, "each code once")
    rules = [_rule(raw, trees, calendar, bad) for raw in raw_rules]
    known = directory or Directory()
    places = Places(trees.parents, frozenset(calendar.periods), known)
    documents = read_documents(text.get("documents"), trees, places, bad)
    taxes = read_tax(text.get("tax"), trees, bad)
    kinds = [d.code for d in documents]

    def members(at: str, raw: object) -> dict[str, tuple[str, ...]]:
        return read_members(at, raw, trees, bad)

    exempt = read_exemptions(text.get("exempt"), kinds, members, bad)
    moves = {
        kind: read_move_rules(kind, text.get(kind), trees.parents.keys(), members, bad)
        for kind in ("transfers", "supplements")
    }
    standards = read_standards(text.get("standards"), members, bad)
    issue = read_issue(text.get("issue"), calendar, bad)
    if problems:
        raise ProblemsFound(problems)
    return Policy(
        code=str(text["policy"]),
        title=str(text.get("title") or text["policy"]),
        items=tuple(map(str, text.get("items", ()))),
        calendar=calendar,
        trees=trees,
        rules=tuple(r for r in rules if r is not None),
        unbudgeted=text.get("unbudgeted", "refuse"),
        zero=text.get("zero", "budget"),
        exempt=exempt,
        rest=text.get("rest", "keep"),
        model=model,
        documents=documents,
        taxes=taxes,
        transfer_flow=str(text.get("transfer_flow") or ""),
        transfers=moves["transfers"],
        supplements=moves["supplements"],
        standards=standards,
        issue=issue,
        directory=_looked_up(documents, known),
    )


def _looked_up(documents: Sequence[DocumentType], known: Directory) -> Directory:
    mappings = [d.mapping for d in documents if d.mapping]
    dimensions, properties, days = needs(mappings)
    return known.cut(dimensions, properties, days=days)


def _rule(raw: Mapping[str, Any], trees: Trees, calendar: ControlCalendar, bad: Any) -> Rule | None:
    code = str(raw.get("code", ""))
    where = f"rule {code or '?'}"
    faults: list[None] = []

    def wrong(part: str, found: object, expected: str) -> None:
        faults.append(None)
        bad(f"{where} {part}".strip(), found, expected)

    if not code:
        wrong("", "no code", "a code")
    for unknown in raw.keys() - _RULE_KEYS:
        wrong("", unknown, "one of " + " ".join(sorted(_RULE_KEYS)))
    window, extent = read_window(raw, calendar, wrong)
    strength = raw.get("strength", "rigid")
    if strength not in get_args(Strength):
        wrong("strength", strength, " ".join(get_args(Strength)))
    stages = tuple(raw.get("stages", STAGES))
    if not stages or set(stages) - set(STAGES):
        wrong("stages", list(stages), "some of " + " ".join(STAGES))
    filters = {str(d): tuple(map(str, members)) for d, members in (raw.get("where") or {}).items()}
    pools = {
        str(d): {str(p): tuple(map(str, m)) for p, m in named.items()} for d, named in (raw.get("pools") or {}).items()
    }
    by = {
        str(d): _level(level, lambda found, d=d: wrong(f"by {d}", found, "leaf or a level, 0 = top"))
        for d, level in (raw.get("by") or {}).items()
    }
    for dimension in pools.keys() - by.keys():
        wrong("pools", dimension, "a dimension named in by")
    for dimension in {*by, *filters, *pools} - trees.parents.keys():
        wrong("", dimension, "a dimension of the controlled items")
    named_members = [(d, filters[d]) for d in filters] + [(d, m) for d, named in pools.items() for m in named.values()]
    for dimension, members in named_members:
        for member in set(members) - trees.parents.get(dimension, {}).keys():
            wrong(dimension, member, "a member")
    tolerance = _tolerance(raw, strength, wrong)
    bands = read_bands(raw.get("bands"), wrong)
    if bands and raw.keys() & {"strength", "tolerance"}:
        wrong("bands", "strength, tolerance", "either bands or these")
    linked = read_linked(raw.get("linked"), wrong)
    if linked and (pools or any(band.amount for band in bands)):
        wrong("linked", "pools, amount in bands", "neither: without revenue nothing may be spent")
    disclose = str(raw.get("disclose", "no")).lower()
    if disclose not in ("yes", "no", "true", "false"):
        wrong("disclose", raw["disclose"], "yes or no")
    if faults:
        return None
    return Rule(
        code=code,
        title=str(raw.get("title") or code),
        window=window,
        extent=extent,
        bands=bands,
        linked=linked,
        by=by,
        where=filters,
        pools=pools,
        strength=cast(Strength, strength),
        tolerance=tolerance,
        stages=cast(tuple[Stage, ...], stages),
        disclose=disclose in ("yes", "true"),
    )


def _level(raw: object, wrong: Any) -> Level:
    if raw == "leaf":
        return "leaf"
    if str(raw).isdigit():
        return int(str(raw))
    wrong(raw)
    return "leaf"


def _tolerance(raw: Mapping[str, Any], strength: object, wrong: Any) -> Decimal | None:
    given = raw.get("tolerance")
    if strength == "rigid":
        if given not in (None, "0", 0):
            wrong("tolerance", given, "none on a rigid rule")
        return Decimal(0)
    if given in (None, ""):
        return None
    try:
        percent = Decimal(str(given))
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or percent < 0:
        wrong("tolerance", given, "a percentage of at least 0")
        return None
    return percent


def to_json(policy: Policy) -> dict[str, Any]:
    """The policy with its calendar and trees, as it is pinned in the database."""
    out = {
        "policy": policy.code,
        "model": policy.model,
        "title": policy.title,
        "items": list(policy.items),
        "unbudgeted": policy.unbudgeted,
        **({"rest": policy.rest} if policy.rest != "keep" else {}),
        **({"transfer_flow": policy.transfer_flow} if policy.transfer_flow else {}),
        "rules": [rule_json(rule) for rule in policy.rules],
        "calendar": [[y.code, list(y.periods), [[q, list(ps)] for q, ps in y.quarters]] for y in policy.calendar.years],
        "trees": {d: dict(parents) for d, parents in policy.trees.parents.items()},
    }
    if policy.zero != "budget":
        out["zero"] = policy.zero
    if policy.exempt:
        out["exempt"] = exemptions_json(policy.exempt)
    for kind, said in (("transfers", policy.transfers), ("supplements", policy.supplements)):
        if rules := move_rules_json(said):
            out[kind] = rules
    if issue := issue_json(policy.issue):
        out["issue"] = issue
    if policy.standards:
        out["standards"] = standards_json(policy.standards)
    if policy.documents:
        out["documents"] = documents_json(policy.documents)
    if any(d.mapping for d in policy.documents):
        out["directory"] = directory_json(policy.directory)
    if tax := tax_json(policy.taxes):
        out["tax"] = tax
    return out


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule as text."""
    out: dict[str, Any] = {
        "code": rule.code,
        "title": rule.title,
        "window": rule.window,
        "by": dict(rule.by),
        "where": {d: list(m) for d, m in rule.where.items()},
        "pools": {d: {p: list(m) for p, m in named.items()} for d, named in rule.pools.items()},
        "stages": list(rule.stages),
    }
    if rule.bands:
        out["bands"] = bands_json(rule.bands)
    else:
        out["strength"] = rule.strength
    if not rule.bands and rule.strength == "flexible" and rule.tolerance is not None:
        out["tolerance"] = str(rule.tolerance)
    out |= extent_json(rule.extent)
    if rule.linked:
        out["linked"] = linked_json(rule.linked)
    if rule.disclose:
        out["disclose"] = "yes"
    return out


def from_json(content: Mapping[str, Any]) -> Policy:
    """The inverse of `to_json`."""
    years: Sequence[Any] = content["calendar"]
    calendar = ControlCalendar(
        tuple(YearPeriods(c, tuple(ps), tuple((q, tuple(qps)) for q, qps in quarters)) for c, ps, quarters in years)
    )
    text = {k: v for k, v in content.items() if k not in ("calendar", "trees", "directory", "model")}
    directory = directory_of_json(content["directory"]) if "directory" in content else None
    return read_policy(
        text, calendar=calendar, trees=Trees(content["trees"]), directory=directory, model=content["model"]
    )


def retired_rule(text: Mapping[str, Any], rule_id: int, calendar: ControlCalendar) -> Rule:
    """A rule out of force as `rule_json` wrote it: its rows stay readable and refuse nothing.

    Its code is that of no rule in force. The members it names may be gone.
    """
    window, extent = read_window(text, calendar, lambda *_: None)
    return Rule(
        code=f"{text['code']}~{rule_id}",
        title=text["title"],
        window=window,
        extent=extent,
        by=text["by"],
        where={d: tuple(m) for d, m in text["where"].items()},
        pools={d: {p: tuple(m) for p, m in named.items()} for d, named in text["pools"].items()},
        strength="flexible",
        tolerance=None,
        stages=tuple(text["stages"]),
        disclose="disclose" in text,
    )
