"""What is asked of every route: as much as there is, of everybody's things. A route that is missing here fails the test."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

from tests.scopes.shop import ACCOUNTS, LEDGER, ORGS, RELEASED, Shop, cell_key

Ask = tuple[str, Any]  # the query or path parameters filled in, and the content
Route = tuple[str, str]

ITEM = "费用!金额"
_NOTIFY = "bands: [{percent: 0, do: notify}]"
STRICTER = f"policy: secret\nitems: [费用!金额]\nrules: [{{code: all, window: month, by: {{org: leaf}}, {_NOTIFY}}}]\n"
NODES = list(product(ORGS, ACCOUNTS))


def _ids(name: str, **more: Any) -> Callable[[Shop, str], Iterator[Ask]]:
    """The route for each thing of a kind that was made."""

    def asks(shop: Shop, path: str) -> Iterator[Ask]:
        head, rest = path.split("{", 1)
        for one in shop.ids[name]:
            yield f"{head}{one}{rest.split('}', 1)[1]}{more.get('query', '')}", more.get("json")

    return asks


def _plain(*paths: str, json: Any = None) -> Callable[[Shop, str], Iterator[Ask]]:
    """The route as it is, or with these query strings."""

    def asks(_shop: Shop, path: str) -> Iterator[Ask]:
        for query in paths or ("",):
            yield path + query, json

    return asks


def _each(content: Callable[[Shop, str, str], Any]) -> Callable[[Shop, str], Iterator[Ask]]:
    """The route for every node of both trees."""

    def asks(shop: Shop, path: str) -> Iterator[Ask]:
        for org, account in NODES:
            yield path, content(shop, org, account)

    return asks


def _code(value: str, *queries: str) -> Callable[[Shop, str], Iterator[Ask]]:
    def asks(_shop: Shop, path: str) -> Iterator[Ask]:
        head, rest = path.split("{", 1)
        for query in queries or ("",):
            yield f"{head}{value}{rest.split('}', 1)[1]}{query}", None

    return asks


def _version(path: str) -> Callable[[Shop, str], Iterator[Ask]]:
    def asks(shop: Shop, route: str) -> Iterator[Ask]:
        yield f"{route}{path.format(version=shop.ids['version'][0])}", None

    return asks


def _slice(shop: Shop, org: str, account: str) -> dict[str, Any]:
    return {
        "version": shop.ids["version"][0], "cube": "费用", "items": ["金额"], "columns": "plan-with-totals",
        "rows": {"dim": "科目", "root": account}, "fixed": {"org": org},
    }  # fmt: skip


def _by_org(shop: Shop, org: str, account: str) -> dict[str, Any]:
    return {**_slice(shop, org, account), "rows": {"dim": "org", "root": org}, "fixed": {"科目": account}}


def _compared(content: Callable[[Shop, str, str], dict[str, Any]]) -> Callable[[Shop, str, str], Any]:
    """What was planned against what happened."""
    return lambda shop, org, account: {
        "query": content(shop, org, account),
        "versions": [shop.ids["version"][0], shop.ids["actual"][0]],
        "leaves": False,
    }


def _cell(shop: Shop, org: str, account: str, **more: Any) -> dict[str, Any]:
    place = {"version": shop.ids["version"][0], "cube": "费用", "item": "金额", "period": "2026-03"}
    return {**place, "members": {"org": org, "科目": account}, **more}


def _variance(_shop: Shop, org: str, account: str) -> dict[str, Any]:
    members = {"org": org, "科目": account}
    return {"model": "secret", "item": ITEM, "members": members, "period": "2026-03", "ytd": org in RELEASED}


def _lines(shop: Shop, org: str, account: str) -> dict[str, Any]:
    line = {"coordinate": {"org": org, "科目": account, "item": ITEM}, "period": "2026-04", "amount": "99999999999.99"}
    return {"policy": "secret", "number": f"try-{org}-{account}", "lines": [line]}


def _edit(shop: Shop, org: str, account: str) -> dict[str, Any]:
    cell = {"cube": "费用", "item": "金额", "members": {"org": org, "科目": account}, "period": "2026-05"}
    return {
        "version": shop.ids["version"][0],
        "base_seq": 0,
        "edits": [{**cell, "before": "1.00", "after": "2.00"}],
    }


def _transfer(_shop: Shop, org: str, account: str) -> dict[str, Any]:
    lines = [
        {"coordinate": {"org": o, "科目": account, "item": ITEM}, "period": "2026-06", "amount": amount}
        for o, amount in ((org, "-88888888888.88"), ("A", "88888888888.88"))
    ]
    return {"policy": "secret", "lines": lines, "reason": "x"}


def _targets(_shop: Shop, org: str, account: str) -> dict[str, Any]:
    return {
        "edits": [
            {"org": org, "key": account, "part": p, "before": "1.00", "after": "2.00"} for p in ("target", "reserve")
        ]
    }


def _handed(content: Callable[[Shop, str, str], Any]) -> Callable[[Shop, str], Iterator[Ask]]:
    """A route of the cycle, for every node of both trees."""

    def asks(shop: Shop, path: str) -> Iterator[Ask]:
        for org, account in NODES:
            yield path.replace("{cycle_id}", str(shop.ids["cycle"][0])), content(shop, org, account)

    return asks


def _comments(path: str) -> Callable[[Shop, str], Iterator[Ask]]:
    """A route about the thread of every node and every unit."""

    def asks(shop: Shop, _route: str) -> Iterator[Ask]:
        keys = [("plan_cell", cell_key(shop, org, account)) for org, account in NODES]
        keys += [("plan_unit", str(unit)) for unit in shop.ids["unit"]]
        for kind, key in keys:
            yield f"{path}?{urlencode({'kind': kind, 'subject': key})}", None

    return asks


def _form(shop: Shop, org: str, _account: str, **more: Any) -> dict[str, Any]:
    return {"version": shop.ids["version"][0], "form": "secret", "org": org, **more}


def _holds(_shop: Shop, org: str, account: str) -> dict[str, Any]:
    return {"model": "secret", "item": ITEM, "members": {"org": org, "科目": account}, "period": "2026-03"}


def _board(_shop: Shop, org: str, account: str) -> dict[str, Any]:
    return {"model": "secret", "members": {"org": org, "科目": account}, "span": "to_date", "period": "2026-03"}


def _outlook(_shop: Shop, org: str, account: str) -> dict[str, Any]:
    return {"model": "secret", "item": ITEM, "members": {"org": org, "科目": account}}


def _explained(shop: Shop, org: str, account: str) -> dict[str, Any]:
    line = _lines(shop, org, account)["lines"][0]
    return {"policy": "secret", "coordinate": line["coordinate"], "period": line["period"]}


def _remaining(shop: Shop, path: str) -> Iterator[Ask]:
    """Under every rule, by nothing and by each of its dimensions."""
    (policy,) = [p for p in shop.caller("seer")("GET", "/api/v1/control/policies").json() if p["code"] == "secret"]
    for rule in policy["rules"]:
        for by in ("", "org", "科目", "org,科目"):
            yield f"{path}?policy=secret&rule={rule['code']}&by={by}&period=2026-04", None


def _numbers(shop: Shop, path: str) -> Iterator[Ask]:
    """Every document by its number."""
    seer = shop.caller("seer")
    for one in shop.ids["document"]:
        head = seer("GET", f"/api/v1/spend/requests/{one}").json()
        yield path, {"policy": "secret", "number": head["number"], "kind": head["kind"]}


def _forecast(content: Callable[[Shop, str, str], Any]) -> Callable[[Shop, str], Iterator[Ask]]:
    """A route of the forecast, for every node of both trees."""

    def asks(shop: Shop, path: str) -> Iterator[Ask]:
        for org, account in NODES:
            yield path.replace("{code}", "secret"), content(shop, org, account)

    return asks


# Reading routes, and those commands whose refusal could say too much.
ASKED: dict[Route, list[Callable[[Shop, str], Iterator[Ask]]]] = {
    ("GET", "/api/v1/actions"): [_plain("?limit=200")],
    ("GET", "/api/v1/alerts"): [_plain("?model=secret", "?model=secret&all=true")],
    ("GET", "/api/v1/batches"): [_plain()],
    ("GET", "/api/v1/batches/{batch}"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/corrections"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/desk"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/matches"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/matches/lines"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/rejected"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/rejected.csv"): [_ids("batch")],
    ("GET", "/api/v1/batches/{batch}/rounds"): [_ids("batch")],
    ("GET", "/api/v1/cases/{instance_id}"): [_ids("instance")],
    ("GET", "/api/v1/cases/{instance_id}/candidates"): [_ids("instance")],
    ("GET", "/api/v1/comments"): [_comments("/api/v1/comments")],
    ("GET", "/api/v1/comments/marks"): [_version("?kind=plan_cell&within=version:{version}")],
    ("GET", "/api/v1/comments/mentions"): [_plain()],
    ("GET", "/api/v1/comments/people"): [_comments("/api/v1/comments/people")],
    ("GET", "/api/v1/control/alerts"): [_plain()],
    ("GET", "/api/v1/control/budget-origins"): [_plain("?policy=secret")],
    ("GET", "/api/v1/control/exceptions"): [_plain()],
    ("GET", "/api/v1/control/exceptions/{exception_id}"): [_code("1")],
    ("GET", "/api/v1/control/buckets"): [_plain("?policy=secret&limit=500")],
    ("GET", "/api/v1/control/buckets/{bucket_id}"): [_ids("bucket")],
    ("GET", "/api/v1/control/buckets/{bucket_id}/timeline"): [_ids("bucket")],
    ("GET", "/api/v1/control/holds"): [_plain("?policy=secret")],
    ("GET", "/api/v1/control/policies"): [_plain()],
    ("GET", "/api/v1/control/policies/{code}/text"): [_code("secret")],
    ("GET", "/api/v1/control/policies/{code}/editions"): [_code("secret")],
    ("GET", "/api/v1/control/reconciliations"): [_plain("?policy=secret")],
    ("GET", "/api/v1/control/remaining"): [_remaining],
    ("GET", "/api/v1/control/signals"): [_plain("?policy=secret&year=2026")],
    ("GET", "/api/v1/control/reconcile"): [_plain("?policy=secret")],
    ("GET", "/api/v1/cycles"): [_plain()],
    ("GET", "/api/v1/cycles/templates"): [_plain("?model=secret")],
    ("GET", "/api/v1/cycles/{cycle_id}"): [_ids("cycle")],
    ("GET", "/api/v1/cycles/{cycle_id}/summary"): [_ids("cycle")],
    ("GET", "/api/v1/cycles/{cycle_id}/targets"): [_ids("cycle")],
    ("GET", "/api/v1/cycles/{cycle_id}/units"): [_ids("cycle")],
    ("GET", "/api/v1/plan-units/{unit_id}/targets"): [_ids("unit")],
    ("GET", "/api/v1/deviations"): [_plain("?model=secret")],
    ("GET", "/api/v1/deviations/closing-rate"): [_plain("?model=secret&since=2020-01-01&until=2099-01-01")],
    ("GET", "/api/v1/deviations/{case_id}"): [_ids("case")],
    ("GET", "/api/v1/inbox"): [_plain()],
    ("GET", "/api/v1/loads"): [_plain()],
    ("GET", "/api/v1/loads/{run}"): [_code("1")],
    ("GET", "/api/v1/forms"): [_plain("?model=secret")],
    ("GET", "/api/v1/forecasts"): [_plain("?model=secret")],
    ("GET", "/api/v1/forecasts/runs/{run_id}"): [_ids("forecast_run")],
    ("GET", "/api/v1/models"): [_plain()],
    ("GET", "/api/v1/models/{code}"): [_code("secret")],
    ("GET", "/api/v1/models/{code}/formulas"): [_code("secret")],
    ("GET", "/api/v1/models/{code}/members"): [_code("secret", "?dimension=org", "?dimension=科目")],
    ("GET", "/api/v1/models/{code}/revisions"): [_code("secret")],
    ("GET", "/api/v1/plan-units"): [_version("?version_id={version}")],
    ("GET", "/api/v1/plan-units/{unit_id}"): [_ids("unit")],
    ("GET", "/api/v1/plan-units/{unit_id}/changes"): [_ids("unit"), _ids("unit", query="?against=last_year")],
    ("GET", "/api/v1/plan-units/{unit_id}/checks"): [_ids("unit")],
    ("GET", "/api/v1/plan/branches/{branch}/merge"): [_ids("branch")],
    ("GET", "/api/v1/plan/versions"): [_plain("?model=secret")],
    ("GET", "/api/v1/roles"): [_plain()],
    ("GET", "/api/v1/sources"): [_plain()],
    ("GET", "/api/v1/sources/{source}"): [_code("gl")],
    ("GET", "/api/v1/sources/{source}/tie-out"): [_code("gl")],
    ("GET", "/api/v1/sources/{source}/tie-out/lines"): [
        _code("gl", *(f"?account={account}&period=2026-03&part=accepted" for account in LEDGER))
    ],
    ("GET", "/api/v1/service-accounts"): [_plain()],
    ("GET", "/api/v1/spend/forms"): [_plain("", "?model=secret")],
    ("GET", "/api/v1/spend/requests"): [_plain("?limit=200", "?mine=true", "?model=secret&state=reserved")],
    ("GET", "/api/v1/spend/requests/{document_id}/explanation"): [_ids("document")],
    ("GET", "/api/v1/spend/requests/{document_id}"): [_ids("document")],
    ("GET", "/api/v1/started"): [_plain()],
    ("GET", "/api/v1/tasks"): [_plain()],
    ("GET", "/api/v1/tasks/all"): [_plain()],
    ("GET", "/api/v1/tasks/done"): [_plain()],
    ("GET", "/api/v1/todos"): [_plain()],
    ("GET", "/api/v1/transfers"): [_plain()],
    ("GET", "/api/v1/transfers/{transfer_id}"): [_ids("transfer")],
    ("GET", "/api/v1/users"): [_plain()],
    ("POST", "/api/v1/cycles/{cycle_id}/targets"): [_handed(_targets)],
    ("POST", "/api/v1/cycles/{cycle_id}/targets/import"): [
        _handed(lambda s, o, a: {"text": f"org,{a}\n{o},1\n{o}x,1\n{s.names[o][:-4]},1\n", "dry_run": True})
    ],
    ("POST", "/api/v1/forecasts/{code}/backtest"): [_forecast(_outlook)],
    ("POST", "/api/v1/forecasts/{code}/outlook"): [
        _forecast(lambda s, o, a, along=along: {**_outlook(s, o, a), "along": along}) for along in ("org", "科目")
    ],
    ("POST", "/api/v1/forms/fill"): [_each(lambda s, o, a: _form(s, o, a, factor="1.5", over=True))],
    ("POST", "/api/v1/forms/view"): [_each(_form)],
    ("POST", "/api/v1/plan-units/{unit_id}/checks"): [_ids("unit", json={"edits": []})],
    ("POST", "/api/v1/board"): [_plain(json={"model": "secret"}), _each(_board)],
    ("POST", "/api/v1/board/documents"): [_each(_holds)],
    ("POST", "/api/v1/deviations/{case_id}/explain"): [_ids("case", json={"text": "x"})],
    # where the shop's requests are
    ("POST", "/api/v1/control/cells/documents"): [_each(lambda s, o, a: {**_explained(s, o, a), "period": "2026-02"})],
    ("POST", "/api/v1/control/mapping-trials"): [
        _plain(json={"policy": "secret", "kind": "用款申请", "lines": [{"a": "1"}]}),
        _numbers,
    ],
    ("POST", "/api/v1/control/simulations"): [_plain(json={"policy": "secret", "text": STRICTER})],
    ("POST", "/api/v1/control/reconciliations"): [_plain(json={"policy": "secret"})],
    ("POST", "/api/v1/ledger/check"): [
        _each(lambda s, o, a: {k: v for k, v in _lines(s, o, a).items() if k != "number"})
    ],
    ("POST", "/api/v1/ledger/explain"): [_each(_explained)],
    ("POST", "/api/v1/ledger/query"): [_plain(json={"policy": "secret", "limit": 2000}), _numbers],
    ("POST", "/api/v1/ledger/reserve"): [_each(_lines)],
    ("POST", "/api/v1/plan/history"): [_each(_cell)],
    ("POST", "/api/v1/plan/preview"): [
        _each(lambda s, o, a: {"query": _slice(s, o, a), "edits": _edit(s, o, a)["edits"]})
    ],
    ("POST", "/api/v1/plan/compare"): [_each(_compared(_slice)), _each(_compared(_by_org))],
    ("POST", "/api/v1/plan/query"): [_each(_slice), _each(_by_org)],
    ("POST", "/api/v1/plan/save"): [_each(_edit)],
    ("POST", "/api/v1/plan/trace"): [_each(lambda s, o, a: _cell(s, o, a, depth=5))],
    ("POST", "/api/v1/spend/check"): [
        _each(lambda s, o, a: {k: v for k, v in _lines(s, o, a).items() if k != "number"})
    ],
    ("POST", "/api/v1/spend/requests"): [_each(_lines)],
    ("POST", "/api/v1/spend/requests/{document_id}/submission"): [_ids("document", json={"title": "x", "lines": []})],
    ("POST", "/api/v1/spend/requests/{document_id}/commitment"): [
        _ids("document", json={"amounts": {"1": "99999999999"}})
    ],
    ("POST", "/api/v1/transfers"): [_each(_transfer)],
    ("POST", "/api/v1/transfers/check"): [
        _each(lambda s, o, a: {k: v for k, v in _transfer(s, o, a).items() if k != "reason"})
    ],
    ("POST", "/api/v1/variance"): [_each(_variance)],
    ("POST", "/api/v1/variance/lines"): [_each(_variance)],
}

# Why nothing is asked: there is no part of the plan in the answer, or it is the whole package that an auditor exports.
NOT_ASKED: dict[Route, str] = {
    ("GET", "/api/v1/webhooks"): "addresses and counts; what is sent is cut by scope in test_webhooks.py",
    ("GET", "/api/v1/events"): "an endless answer; tests/integration/web/test_events.py cuts it by scope",
    ("GET", "/api/v1/models/{code}/lint"): "hints about the whole package, by the right to export it",
    ("GET", "/api/v1/models/{code}/package"): "the whole package, by a right of its own",
    ("GET", "/api/v1/plan/holds"): "the places oneself holds, as oneself named them; no amounts",
    ("GET", "/api/v1/session"): "oneself",
    (
        "POST",
        "/api/v1/forms/export",
    ): "what /forms/view answers, as a file; test_forms.py reads it with another's scope",
    (
        "POST",
        "/api/v1/plan/export",
    ): "what /plan/query answers, as a file; test_slice_export.py reads it with another's scope",
    ("GET", "/healthz"): "nothing",
}


def asks(shop: Shop, route: Route) -> Iterator[Ask]:
    """Everything that is asked of a route."""
    for one in ASKED[route]:
        yield from one(shop, route[1])
