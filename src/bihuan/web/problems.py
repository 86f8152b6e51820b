"""Errors as answers: RFC 9457 ``application/problem+json``, worded by the table in problem_table."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.exceptions import HTTPException

from bihuan.kernel.errors import BihuanError
from bihuan.web.problem_table import TABLE, Row, row_of

log = structlog.get_logger()


def plain(value: object) -> Any:
    """A fact as JSON: amounts as decimal strings, dataclasses as objects."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    return str(value)


def problem(
    request: Request, code: str, row: Row, detail: str = "", facts: Mapping[str, object] | None = None
) -> Response:
    """The problem+json answer, in the reader's language (Chinese unless English is preferred)."""
    english = request.headers.get("accept-language", "").lower().startswith("en")
    body = {
        "type": f"/problems/{code}",
        "code": code,
        "status": row.status,
        "title": row.en if english else row.zh,
        "action": row.do_en if english else row.do_zh,
        "detail": detail,
        "facts": plain(facts or {}),
        "request_id": request.scope.get("request_id", ""),
    }
    text = json.dumps(body, ensure_ascii=False)
    wait = body["facts"].get("retry_after") if row.status == 429 else None
    headers = {} if wait is None else {"retry-after": str(wait)}
    return Response(text.encode(), row.status, headers, media_type="application/problem+json")


def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, BihuanError)
    code, row = row_of(error)
    said = str(error)
    detail = "" if said == (type(error).__doc__ or "").strip() else said  # the row says it, in the reader's language
    return problem(request, code, row, detail, error.facts)


def _on_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [{"where": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
    return problem(request, "bad_request", TABLE["bad_request"], "", {"fields": found})


_BY_STATUS = {401: "not_signed_in", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "refused")
    return problem(request, code, TABLE[code])


def _on_database(request: Request, error: Exception) -> Response:
    """The database is away, or gave this transaction up for another's sake: nothing was written, try again."""
    log.warning("database", error=str(error))
    return problem(request, "unavailable", TABLE["unavailable"])


def on_fault(request: Request, error: Exception) -> Response:
    """Our mistake: logged with its trace, answered without it."""
    log.error("unhandled", exc_info=error)
    return problem(request, "internal", TABLE["internal"])


def install(app: FastAPI) -> None:
    """Registers the handlers."""
    app.add_exception_handler(BihuanError, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in (OperationalError, TimeoutError):
        app.add_exception_handler(kind, _on_database)


def reference() -> str:
    """docs/reference/errors.md."""
    head = "# 错误代码\n\n由 `bihuan.web.problem_table` 生成（`make docs`），请勿手改。"
    head += "应答格式：`application/problem+json`（RFC 9457）。\n\n"
    head += "| 代码 code | HTTP | 说明 | 怎么办 | English |\n|---|---|---|---|---|\n"
    lines = [f"| `{c}` | {r.status} | {r.zh} | {r.do_zh} | {r.en}. {r.do_en}. |" for c, r in TABLE.items()]
    return head + "\n".join(lines) + "\n"
