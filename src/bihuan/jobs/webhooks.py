"""Every minute: rows that crossed a threshold are noticed, and what is to be told is sent, each delivery in its own transaction."""

from collections.abc import Mapping

import httpx

from bihuan.bootstrap import Container
from bihuan.features.access.queries import principal_of
from bihuan.features.control import queries
from bihuan.features.control.service import webhooks
from bihuan.jobs.registry import Job


def tell(container: Container) -> None:
    """Policies that nobody is told of cost nothing."""
    with container.database.reading() as reader:
        codes = [r["policy"] for r in reader.rows("control.webhook_policies")]
    for code in codes:
        with container.database.writing() as uow:
            policy = queries.policy(uow, code)
            webhooks.notice(uow, policy, lambda login, uow=uow: principal_of(uow, login, container.trees))  # type: ignore[misc]
    with container.database.reading() as reader:
        waiting = webhooks.due(reader)
    for delivery in waiting:
        with container.database.writing() as uow:
            webhooks.deliver(uow, delivery, send)


def send(url: str, content: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer; no redirect is followed, for it could lead somewhere nobody named."""
    try:
        return httpx.post(url, content=content, headers=dict(headers), timeout=10, follow_redirects=False).status_code
    except httpx.HTTPError as error:
        raise OSError(str(error) or type(error).__name__) from error


JOBS = (Job("control.tell_webhooks", tell, idempotent=True, every="* * * * *"),)
