"""The one table: code of a refused command -> HTTP status -> what happened and what to do, in Chinese and English.

docs/reference/errors.md is generated from it; a test finds every error's code here. One line per code, so that it reads as
a table. A code that is not listed takes the row of its base class.
"""
# ruff: noqa: E501 - a table reads by lines

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """``zh`` and ``en``: what happened; ``do_zh`` and ``do_en``: what the user can do about it."""

    status: int
    zh: str
    do_zh: str
    en: str
    do_en: str


TABLE: Mapping[str, Row] = {
    "refused": Row(400, "操作被拒绝", "按提示修改后重试", "Refused", "Follow the detail and try again"),
    "bad_request": Row(422, "请求格式不对", "对照接口文档检查所列字段", "Malformed request", "Check the fields listed"),
    "not_signed_in": Row(401, "未登录或登录已过期", "请重新登录", "Not signed in", "Sign in again"),
    "bad_credentials": Row(401, "账号或密码不对", "检查后重试；忘记密码请找管理员", "Wrong login or password", "Check both, or ask an administrator"),
    "too_many_attempts": Row(429, "登录失败次数过多", "15 分钟后再试，或请管理员重设密码", "Too many failed sign-ins", "Wait 15 minutes"),
    "forbidden": Row(403, "没有这个权限", "需要时请管理员授权", "Not permitted", "Ask an administrator for the right"),
    "bad_csrf_token": Row(403, "页面已失效", "刷新页面后重试", "The page is stale", "Reload the page and try again"),
    "same_person": Row(403, "须由另一人办理", "不相容职务不能由同一人完成，请转给他人", "Somebody else must do this", "Hand it to another person"),
    "not_found": Row(404, "没有找到，或您无权查看", "检查编码或链接", "Not found, or not visible to you", "Check the code or link"),
    "method_not_allowed": Row(405, "该地址不支持此操作", "对照接口文档", "Method not allowed", "See the API reference"),
    "conflict": Row(409, "已被他人修改", "刷新查看最新内容后重试", "Somebody changed it since", "Reload and try again"),
    "idempotency_key_reused": Row(409, "重复的请求标识", "新的请求换一个 Idempotency-Key", "Idempotency-Key reused", "Use a new key for a new request"),
    "not_fast_forward": Row(409, "模型在此之后已被修改", "先导出最新模型，合并后再应用", "The model changed since", "Export, merge, apply again"),
    "invalid": Row(422, "请求与模型或规则不符", "按提示修改", "The request does not fit the model", "Follow the detail"),
    "weak_password": Row(422, "密码太短或与账号相同", "至少 8 位，且不同于账号", "Weak password", "At least 8 characters, not the login"),
    "problems_found": Row(422, "文件有错误，未作任何改动", "逐条修正后再次应用", "The text has problems; nothing changed", "Correct each and apply again"),
    "too_large": Row(413, "内容太大", "拆分后分次提交", "Too large", "Send it in parts"),
    "internal": Row(500, "系统内部错误", "请把请求号告诉管理员", "Internal error", "Give the request id to an administrator"),
    "unavailable": Row(503, "服务暂不可用", "稍后重试", "Unavailable", "Try again shortly"),
}  # fmt: skip
