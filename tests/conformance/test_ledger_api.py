"""The ledger's API against its own contract: whatever the OpenAPI document allows is answered as it says, never with a 5xx.

Needs Schemathesis, which `make conformance` installs.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.integration.control.office import ITEM, POLICY, Office, opened
from tests.integration.control.served import make_account

from bihuan.features.access import service_accounts
from bihuan.store.unit_of_work import Database

schemathesis = pytest.importorskip("schemathesis", reason="make conformance installs it")
conformance = pytest.importorskip("schemathesis.specs.openapi.checks")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
]
pytestmark = pytest.mark.slow
PATHS = [
    f"/api/v1/ledger/{op}"
    for op in (
        "check", "reserve", "commit", "execute", "release", "reverse", "amend", "query", "explain", "batch", "sandbox",
    )
]  # fmt: skip
PLACE = {"org": "N1", "科目": "差旅费", "item": ITEM}
EXAMPLES = 30


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as office:
        office.budget("N1", "差旅费", "2026-03", "1000000")
        yield office


@pytest.fixture(scope="module")
def token(office: Office) -> str:
    account = make_account(office, name="合同测试", per_minute=100_000)
    with office.database.writing() as uow:
        given_ = service_accounts.grant_token(uow, client_id=account.client_id, secret=account.secret)
    place = {"coordinate": PLACE, "period": "2026-03"}
    operations: list[Any] = []
    for n in range(5):
        line = {**place, "amount": "100"}
        operations.append({"op": "reserve", "body": {"policy": POLICY, "number": f"N{n}", "lines": [line]}})
        fact = {**place, "key": f"V{n}", "voucher": f"V{n}", "amount": "5"}
        operations.append({"op": "execute", "body": {"policy": POLICY, "vouchers": [fact]}})
    headers = {"authorization": f"Bearer {given_.token}"}
    done = office.client.post("/api/v1/ledger/batch", json={"operations": operations}, headers=headers)
    assert {r["status"] for r in done.json()["results"]} == {"done"}, done.text
    return given_.token


@pytest.fixture(scope="module")
def schema(office: Office) -> Any:
    return schemathesis.openapi.from_asgi("/api/openapi.json", office.client.app)


def known(value: Any) -> Any:
    """What was generated, its names replaced by real ones most times, so that calls get past the first refusal."""
    if isinstance(value, list):
        return [known(v) for v in value]
    if not isinstance(value, dict):
        return value
    swapped, dice = {k: known(v) for k, v in value.items()}, len(str(value))
    if dice % 4:
        real = {
            "policy": POLICY,
            "kind": "用款申请",
            "number": f"N{dice % 5}",
            "how": "release",
            "voucher": f"V{dice % 5}",
        }
        real["number"] = f"R{dice}" if "stage" in swapped else real["number"]
        swapped |= {k: v for k, v in real.items() if k in swapped}
    if dice % 5 and "coordinate" in swapped:
        real = {"coordinate": PLACE, "period": "2026-03", "amount": f"{dice % 90}.50", "tax_rate": "0"}
        swapped |= {k: v for k, v in real.items() if k in swapped or k in ("coordinate", "period")}
        swapped |= {"currency": "", "rate": "1"} if "tax_rate" in swapped else {}
    if dice % 3:
        swapped.pop("draws", None)
        swapped.pop("bucket", None)
    return swapped


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
@pytest.mark.parametrize("path", PATHS)
def test_every_call_is_answered_by_the_contract(office: Office, schema: Any, token: str, path: str, mode: str) -> None:
    """Positive: what the contract allows; negative: what it forbids."""
    operation = schema[path]["POST"]
    answered: dict[int, int] = {}

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(schemathesis.GenerationMode[mode]))
    def run(case: Any) -> None:
        case.headers = {**(case.headers or {}), "authorization": f"Bearer {token}"}
        case.body = known(case.body) if mode == "POSITIVE" else case.body
        answer = case.call()
        answered[answer.status_code] = answered.get(answer.status_code, 0) + 1
        case.validate_response(answer, checks=CHECKS)

    run()
    print(mode, path, answered)
    assert all(status < 500 for status in answered), answered
    if mode == "POSITIVE" and not path.endswith("sandbox"):  # which is for other accounts
        assert answered.get(200), f"no call got through: {answered}"
