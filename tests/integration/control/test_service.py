"""Other systems at the ledger: who may call, what is answered once, batches, sandboxes, the SDK and its README."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bihuan.features.access import service_accounts
from bihuan.features.access.model import system
from bihuan.features.control import queries
from bihuan.store.unit_of_work import Database
from bihuan_sdk import Held, Journal, Ledger, Line, Refused, Unreachable, Voucher

from .office import ITEM, POLICY, Office, opened
from .served import Served, make_account, served

ROOT = Path(__file__).resolve().parents[3]
PLACE = {"org": "N1", "科目": "差旅费", "item": ITEM}
SOUTH = {"org": "S1", "科目": "差旅费", "item": ITEM}


@pytest.fixture(scope="module")
def office(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database, database_url, tmp_path_factory.mktemp("data")) as office:
        for org in ("N1", "S1"):
            office.budget(org, "差旅费", "2026-03", "10000")
        yield office


@pytest.fixture(scope="module")
def live(office: Office) -> Iterator[Served]:
    with served(office) as served_:
        yield served_


def client(live: Served, account: Any, **more: Any) -> Ledger:
    return Ledger(live.url, client_id=account.client_id, client_secret=account.secret, **more)


def post(office: Office, path: str, token: str | None, body: Any, **headers: str) -> Any:
    said = headers | ({"authorization": f"Bearer {token}"} if token else {})
    return office.client.post(f"/api/v1/ledger/{path}", json=body, headers=said)


def token_of(office: Office, account: Any, scope: str = "") -> str:
    with office.database.writing() as uow:
        return service_accounts.grant_token(uow, client_id=account.client_id, secret=account.secret, scope=scope).token


def body(number: str, amount: str = "10.00", place: Any = PLACE) -> dict[str, Any]:
    return {
        "policy": POLICY,
        "number": number,
        "lines": [{"coordinate": place, "period": "2026-03", "amount": amount}],
    }


def test_the_anonymous_a_stranger_and_one_out_of_its_scope_are_refused(office: Office) -> None:
    assert post(office, "reserve", None, body("X1")).status_code == 401
    assert post(office, "reserve", "nonsense", body("X1")).status_code == 401
    reader = make_account(office, scopes=["control.read"], name="只读")
    assert post(office, "reserve", token_of(office, reader), body("X1")).status_code == 403
    south = make_account(office, org="S", name="南方")
    assert post(office, "reserve", token_of(office, south), body("X1")).status_code == 403
    assert post(office, "reserve", token_of(office, south), body("X1", place=SOUTH)).status_code == 200
    narrow = token_of(office, south, "control.read")
    assert post(office, "reserve", narrow, body("X2", place=SOUTH)).status_code == 403
    assert post(office, "query", narrow, {"policy": POLICY}).status_code == 200


def test_a_wrong_secret_an_ended_account_and_a_scope_it_has_not_give_no_token(office: Office) -> None:
    account = make_account(office, name="甲")

    def ask(secret: str, scope: str = "") -> Any:
        form = {"grant_type": "client_credentials", "client_id": account.client_id, "client_secret": secret}
        return office.client.post("/api/v1/oauth/token", data=form | {"scope": scope})

    assert ask("wrong").status_code == 401
    assert ask(account.secret, "access.admin").status_code == 401
    told = ask(account.secret, "control.read")
    assert told.status_code == 200
    assert told.json()["scope"] == "control.read"
    with office.database.writing() as uow:
        service_accounts.set_active(uow, system(), client_id=account.client_id, active=False)
    assert ask(account.secret).status_code == 401
    assert post(office, "query", told.json()["access_token"], {"policy": POLICY}).status_code == 401


def test_a_token_is_no_key_to_the_pages_it_has_no_right_to(office: Office) -> None:
    token = token_of(office, make_account(office, name="乙"))
    assert office.client.get("/api/v1/users", headers={"authorization": f"Bearer {token}"}).status_code == 403


def test_a_signed_request_is_good_once_fresh_and_as_it_was_signed(office: Office) -> None:
    account = make_account(office, name="签名")
    content = b'{"policy": "' + POLICY.encode() + b'"}'

    def send(stamp: int, nonce: str, path: str = "/api/v1/ledger/query", sent: bytes = content) -> int:
        key = service_accounts.hmac_key(account.secret)
        signature = service_accounts.signature(
            key, method="POST", target="/api/v1/ledger/query", timestamp=str(stamp), nonce=nonce, content=content
        )
        headers = {
            "x-bihuan-client": account.client_id,
            "x-bihuan-timestamp": str(stamp),
            "x-bihuan-nonce": nonce,
            "x-bihuan-signature": signature,
            "content-type": "application/json",
        }
        return int(office.client.post(path, content=sent, headers=headers).status_code)

    with office.database.reading() as reader:
        now = int(reader.now().timestamp())
    assert send(now, "a") == 200
    assert send(now, "a") == 401  # played again
    assert send(now, "b", sent=content + b" ") == 401
    assert send(now, "c", path="/api/v1/ledger/explain") == 401
    assert send(now - 301, "d") == 401
    assert send(now - 290, "e") == 200


def test_calls_beyond_the_rate_wait(office: Office) -> None:
    account = make_account(office, name="快", per_minute=3)
    token = token_of(office, account)  # counts as one
    said = [post(office, "query", token, {"policy": POLICY}) for _ in range(4)]
    codes = [r.status_code for r in said]
    if codes == [200] * 4:  # the minute turned in between
        said = [post(office, "query", token, {"policy": POLICY}) for _ in range(4)]
    refused = next(r for r in said if r.status_code == 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["code"] == "too_many_calls"


def test_the_same_key_gets_the_same_answer_and_another_content_is_refused(office: Office) -> None:
    token = token_of(office, make_account(office, name="幂等"))
    asked = {"policy": POLICY, "number": "K1", "lines": [{**body("")["lines"][0]}] * 2, "partial": True}
    first = post(office, "reserve", token, asked, **{"idempotency-key": "k1"})
    assert first.status_code == 200, first.text
    again = post(office, "reserve", token, asked, **{"idempotency-key": "k1"})
    assert again.json() == first.json()
    other = post(office, "reserve", token, {**asked, "number": "K2"}, **{"idempotency-key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    by_number = post(office, "reserve", token, asked)
    assert by_number.json()["repeated"]
    changed = post(office, "reserve", token, {**asked, "partial": False})
    assert (changed.status_code, changed.json()["code"]) == (409, "idempotency_key_reused")
    committed = {"policy": POLICY, "number": "K1", "amounts": {"1": "10.00"}}
    one = post(office, "commit", token, committed, **{"idempotency-key": "k2"})
    two = post(office, "commit", token, committed, **{"idempotency-key": "k2"})
    assert one.json() == two.json()
    assert post(office, "commit", token, committed).status_code == 409  # without the key it is another call


def test_an_expiry_at_any_offset_is_kept_and_one_without_a_zone_is_refused(office: Office) -> None:
    token = token_of(office, make_account(office, name="到期"))
    for number, at in (("T1", "4677-02-25T06:13:46+23:11"), ("T2", "2999-01-01T00:00:00+08:00")):
        assert post(office, "reserve", token, {**body(number, "1"), "expires_at": at}).status_code == 200
    for bad in ("2999-01-01T00:00:00", "9999-12-31T23:59:59-12:00"):
        assert post(office, "reserve", token, {**body("T3", "1"), "expires_at": bad}).status_code == 422


def test_a_batch_stands_operation_by_operation_and_repeats_are_answered_as_first(office: Office) -> None:
    token = token_of(office, make_account(office, name="批量"))
    batch = {
        "operations": [
            {"op": "reserve", "key": "b1", "body": body("B1", "100.00")},
            {"op": "reserve", "key": "b2", "body": body("B2", "99999.00")},
            {"op": "reserve", "key": "b3", "body": {"policy": POLICY}},
            {"op": "commit", "key": "b4", "body": {"policy": POLICY, "number": "B1"}},
            {"op": "release", "body": {"policy": POLICY, "number": "B1", "how": "close"}},
            {"op": "query", "body": {"policy": POLICY, "number": "B1"}},
            {"op": "release", "body": {"policy": POLICY, "number": "NONE"}},
        ]
    }
    results = post(office, "batch", token, batch).json()["results"]
    assert [r["status"] for r in results] == ["done", "refused", "refused", "done", "done", "done", "refused"]
    assert [r["problem"]["code"] for r in results if r["problem"]] == [
        "budget_exceeded", "bad_request", "no_such_document",
    ]  # fmt: skip
    assert results[1]["problem"]["facts"]["findings"][0]["short"]
    assert results[5]["answer"]["document"]["state"] == "executed"  # closed with nothing left
    again = post(office, "batch", token, batch).json()["results"]
    assert again[0] == results[0]
    assert again[3] == results[3]
    assert again[1]["problem"]["code"] == "budget_exceeded"  # a refusal is asked anew
    stolen = {"operations": [{"op": "reserve", "key": "b1", "body": body("B9")}]}
    assert post(office, "batch", token, stolen).json()["results"][0]["problem"]["code"] == "idempotency_key_reused"


def test_an_atomic_batch_is_all_or_nothing(office: Office) -> None:
    token = token_of(office, make_account(office, name="整批"))
    operations = [{"op": "reserve", "body": body(f"C{n}", a)} for n, a in enumerate(("5.00", "99999.00"))]
    refused = post(office, "batch", token, {"operations": operations, "atomic": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "budget_exceeded")
    found = post(office, "query", token, {"policy": POLICY, "number": "C0"})
    assert found.status_code == 404
    mixed = [*operations[:1], {"op": "query", "body": {"policy": POLICY}}]
    assert post(office, "batch", token, {"operations": mixed, "atomic": True}).status_code == 422


def test_a_sandbox_spends_nobody_s_budget_and_reaches_nothing_else(office: Office) -> None:
    account = make_account(office, name="沙箱", sandbox=True)
    token = token_of(office, account)
    assert post(office, "reserve", token, body("S1")).status_code == 404  # not opened yet
    with office.database.reading() as reader:
        real = [(b.id, b.consumed) for b in queries.balances(reader, queries.policy(reader, POLICY))]
    assert post(office, "sandbox", token, {"policy": POLICY}).status_code == 200
    assert post(office, "reserve", token, body("S1", "10000.00")).status_code == 200
    assert post(office, "reserve", token, body("S2", "0.01")).status_code == 409
    assert post(office, "sandbox", token, {"policy": POLICY}).status_code == 200  # afresh
    assert post(office, "reserve", token, body("S2", "0.01")).status_code == 200
    with office.database.reading() as reader:
        assert [(b.id, b.consumed) for b in queries.balances(reader, queries.policy(reader, POLICY))] == real
        assert all("~" not in row["code"] for row in queries.policies(reader))
    outside = office.client.post(
        "/api/v1/spend/check", json={"policy": POLICY, "lines": []}, headers={"authorization": f"Bearer {token}"}
    )
    assert outside.status_code == 403
    someone = token_of(office, make_account(office, name="别人"))
    inside = post(office, "query", someone, {"policy": f"{POLICY}~{account.client_id}~1"})
    assert inside.status_code == 404


def test_the_readme_s_example_runs(live: Served) -> None:
    text = (ROOT / "src" / "bihuan_sdk" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    account = make_account(live.office, name="说明书")
    env = {
        **os.environ,
        "BIHUAN_URL": live.url,
        "BIHUAN_CLIENT_ID": account.client_id,
        "BIHUAN_CLIENT_SECRET": account.secret,
    }
    done = subprocess.run([sys.executable, "-c", example], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:3] == ["ok", "executed", "250.00"]
    assert lines[3].startswith("budget_exceeded ")


@pytest.mark.parametrize("signed", [False, True], ids=["token", "signed"])
def test_the_client_does_every_operation(live: Served, signed: bool) -> None:
    name = f"SDK-{signed}"
    place = {**PLACE, "org": "S1"}
    with client(live, make_account(live.office, name=name), signed=signed) as ledger:
        line = Line(place, "2026-03", Decimal("100.00"))
        assert ledger.check(POLICY, [line]).verdict == "ok"
        assert not ledger.reserve(POLICY, name, [line]).repeated
        assert ledger.reserve(POLICY, name, [line]).repeated
        contract = Line(place, "2026-03", "60", draws=(name, 1))
        ledger.reserve(POLICY, f"{name}-C", [contract], stage="committed")
        assert ledger.document(POLICY, name).reserved == Decimal("40.00")
        assert ledger.document(POLICY, f"{name}-C").committed == Decimal("60.00")
        fact = Voucher(f"{name}/1", f"{name}记1", place, "2026-03", "50", request=f"{name}-C")
        (posted,) = ledger.execute(POLICY, [fact])
        assert (posted.key, posted.outcome, posted.liquidated) == (f"{name}/1", "executed", 50)
        assert ledger.execute(POLICY, [fact])[0].outcome == "duplicate"
        undone = ledger.reverse(POLICY, f"{name}记1", reason="记错")
        assert (undone.amount, undone.restored) == (50, 50)
        ledger.amend(POLICY, f"{name}-C", [Line(place, "2026-03", "70")], reason="加了一项")
        assert ledger.release(POLICY, f"{name}-C", how="cancel") == 70
        assert ledger.document(POLICY, name).reserved == 100
        rows = ledger.explain(POLICY, place, "2026-03")
        assert any(d["number"] == name for r in rows for d in r["documents"])
        assert ledger.release(POLICY, name, how="close", lines=[1]) == 100
        each = ledger.reserve_each(POLICY, {f"{name}-1": [line], f"{name}-2": [Line(place, "2026-03", "999999")]})
        assert isinstance(each[f"{name}-1"], Held)
        assert isinstance(each[f"{name}-2"], Refused)
        assert any(b.available is not None for b in ledger.balances(POLICY, rule="差旅"))


def test_what_could_not_be_asked_waits_in_the_journal_and_is_asked_later(live: Served, tmp_path: Path) -> None:
    account = make_account(live.office, name="断网")
    dead = "http://127.0.0.1:9"
    journal = Journal(tmp_path / "waiting.jsonl")
    naps: list[float] = []
    keys = {"client_id": account.client_id, "client_secret": account.secret, "sleep": naps.append}
    with Ledger(dead, journal=journal, open_kinds=["用款申请"], **keys) as offline:
        assert offline.reserve(POLICY, "J1", [Line(PLACE, "2026-03", "10")]).offline
        assert offline.reserve(POLICY, "J2", [Line(PLACE, "2026-03", "99999999")]).offline
        with pytest.raises(Unreachable):
            offline.reserve(POLICY, "J3", [Line(PLACE, "2026-03", "10")], kind="合同")
        with pytest.raises(Unreachable):
            offline.replay()
        assert [b["number"] for b in journal.waiting()] == ["J1", "J2"]
    assert naps
    with Ledger(live.url, journal=journal, **keys) as ledger:
        one, two = ledger.replay()
        assert one.held
        assert two.refused
        assert two.refused.code == "budget_exceeded"
        assert journal.waiting() == []
        assert ledger.replay() == []


def test_a_lost_answer_is_asked_for_again_and_changes_nothing_twice(live: Served) -> None:
    account = make_account(live.office, name="丢包")
    lost = {"left": 1}

    class Losing(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if request.url.path.endswith("/commit") and lost["left"]:
                lost["left"] -= 1
                answer.close()
                raise httpx.ReadError("lost", request=request)
            return answer

    http = httpx.Client(base_url=live.url, transport=Losing())
    with client(live, account, http=http, sleep=lambda _: None) as ledger:
        ledger.reserve(POLICY, "L1", [Line(PLACE, "2026-03", "10")])
        ledger.commit(POLICY, "L1")
        assert lost["left"] == 0
        assert ledger.document(POLICY, "L1").committed == 10
