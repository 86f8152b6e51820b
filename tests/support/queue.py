"""Runs what waits in the queue, in this process."""

import asyncio

from bihuan.bootstrap import Container
from bihuan.jobs.worker import queue_app


def run_queue(container: Container) -> None:
    """Runs the jobs that wait, then returns."""

    async def once() -> None:
        app = queue_app(container)
        async with app.open_async():
            await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

    asyncio.run(once())
