"""Signing in and out, as the browser does it."""

import pytest
from fastapi.testclient import TestClient

from bihuan.features.access import commands, model
from bihuan.features.access.http import COOKIE
from bihuan.store.unit_of_work import Database

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def people(database: Database) -> None:
    with database.writing() as uow:
        system = model.system()
        commands.define_role(uow, system, code="reader", name="读者", grants=[{"action": "access.read"}])
        commands.define_role(uow, system, code="keeper", name="管理", grants=[{"action": "setting.*"}])
        for login in ("li", "wang", "zhao", "sun"):
            commands.add_user(uow, system, login=login, name=login, password=PASSWORD)
        commands.assign_roles(uow, system, login="li", assignments=[{"role": "reader"}])
        commands.assign_roles(uow, system, login="sun", assignments=[{"role": "keeper"}])


def sign_in(client: TestClient, login: str, password: str = PASSWORD) -> dict[str, str]:
    """The headers of an unsafe request; the cookie stays in the client."""
    answer = client.post("/api/v1/session", json={"login": login, "password": password})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf_token"]}


@pytest.fixture
def client(app_client: TestClient, people: None) -> TestClient:
    app_client.cookies.clear()
    return app_client


def test_the_anonymous_are_told_to_sign_in(client: TestClient) -> None:
    answer = client.get("/api/v1/session")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_stranger_to_the_users_page_is_refused_and_told_in_english_if_asked(client: TestClient) -> None:
    sign_in(client, "wang")
    assert client.get("/api/v1/users").json()["title"] == "没有这个权限"
    answer = client.get("/api/v1/users", headers={"accept-language": "en-GB,en"})
    assert (answer.status_code, answer.json()["title"]) == (403, "Not permitted")


def test_a_holder_reads_the_users(client: TestClient) -> None:
    sign_in(client, "li")
    users = {u["login"]: u["roles"] for u in client.get("/api/v1/users").json()}
    assert users["li"] == [{"role": "reader", "limits": {}, "until": None}]
    assert users["wang"] == []


def test_a_wrong_password_and_an_unknown_login_look_the_same(client: TestClient) -> None:
    wrong = client.post("/api/v1/session", json={"login": "li", "password": "nonsense"})
    unknown = client.post("/api/v1/session", json={"login": "nobody", "password": "nonsense"})
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


def test_unsafe_requests_need_the_sessions_token(client: TestClient) -> None:
    headers = sign_in(client, "li")
    assert client.delete("/api/v1/session").json()["code"] == "bad_csrf_token"
    assert client.delete("/api/v1/session", headers={"x-csrf-token": "x"}).status_code == 403
    assert client.delete("/api/v1/session", headers=headers).status_code == 204
    assert client.get("/api/v1/session").status_code == 401


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(client: TestClient) -> None:
    answer = client.post("/api/v1/session", json={"login": "li", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_signed_out_cookie_is_dead_even_if_copied(client: TestClient) -> None:
    headers = sign_in(client, "li")
    copied = client.cookies[COOKIE]
    client.delete("/api/v1/session", headers=headers)
    client.cookies.set(COOKIE, copied)
    assert client.get("/api/v1/session").status_code == 401


def test_signing_out_everywhere_ends_the_other_browser_too(client: TestClient) -> None:
    sign_in(client, "li")
    other = client.cookies[COOKIE]
    client.cookies.clear()
    headers = sign_in(client, "li")
    assert client.delete("/api/v1/sessions", headers=headers).status_code == 204
    client.cookies.set(COOKIE, other)
    assert client.get("/api/v1/session").status_code == 401


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(client: TestClient) -> None:
    sign_in(client, "zhao")
    other = client.cookies[COOKIE]
    client.cookies.clear()
    headers = sign_in(client, "zhao")
    weak = client.post("/api/v1/password", json={"old": PASSWORD, "new": "short"}, headers=headers)
    assert weak.json()["code"] == "weak_password"
    done = client.post("/api/v1/password", json={"old": PASSWORD, "new": "battery staple"}, headers=headers)
    assert done.status_code == 204
    assert client.get("/api/v1/session").status_code == 200
    client.cookies.clear()
    client.cookies.set(COOKIE, other)
    assert client.get("/api/v1/session").status_code == 401
    assert client.post("/api/v1/session", json={"login": "zhao", "password": PASSWORD}).status_code == 401


def test_a_role_given_works_at_the_next_request_and_taken_stops(client: TestClient, database: Database) -> None:
    sign_in(client, "wang")
    assert client.get("/api/v1/roles").status_code == 403
    with database.writing() as uow:
        commands.assign_roles(uow, model.system(), login="wang", assignments=[{"role": "reader"}])
    assert client.get("/api/v1/roles").status_code == 200
    with database.writing() as uow:
        commands.assign_roles(uow, model.system(), login="wang", assignments=[])
    assert client.get("/api/v1/roles").status_code == 403


def test_answers_carry_the_security_headers_and_figures_are_not_cached(client: TestClient) -> None:
    headers = client.get("/api/v1/session").headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/api/v1/session", content=b"{}", headers={"content-length": str(65 * 1024 * 1024)})
    assert answer.status_code == 413


def test_a_malformed_request_names_its_fields(client: TestClient) -> None:
    answer = client.post("/api/v1/session", json={"login": "li"})
    assert answer.status_code == 422
    assert answer.json()["facts"]["fields"][0]["where"] == "body.password"


def test_an_unknown_address_of_the_api_is_a_problem_and_any_other_the_page(client: TestClient) -> None:
    assert client.get("/api/v1/nothing").json()["code"] == "not_found"
    assert client.get("/plan/2026", headers={"accept": "text/html"}).headers["content-type"].startswith("text/html")


def test_health_needs_nobody(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"


def test_the_business_date_is_moved_by_who_may_and_seen_by_all(client: TestClient) -> None:
    moved = {"day": "2026-10-31", "reason": "十月关账"}
    assert client.put("/api/v1/business-date", json=moved).status_code == 401
    assert client.put("/api/v1/business-date", json=moved, headers=sign_in(client, "wang")).status_code == 403
    assert client.put("/api/v1/business-date", json=moved, headers=sign_in(client, "sun")).status_code == 204
    sign_in(client, "wang")
    assert client.get("/api/v1/session").json()["business_date"] == "2026-10-31"
