"""Due dates: whoever prepares a unit is told when its date is near, and again when another date is set."""

from bihuan.bootstrap import Container
from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import system
from bihuan.features.access.queries import business_date
from bihuan.features.entry.cycles import announce_due
from bihuan.features.entry.model import KIND
from bihuan.jobs.registry import Job


def announce_due_dates(container: Container) -> None:
    """One transaction; a unit is announced once per due date."""
    with container.database.writing() as uow:
        today = business_date(uow)
        people = {row["login"]: row["id"] for row in uow.rows("access.users")}
        for unit in announce_due(uow):
            late = unit["due_at"] < today
            data = {
                "unit": unit["id"],
                "org": unit["org"],
                "cycle": unit["title"],
                "round": unit["round"],
                "due_at": unit["due_at"].isoformat(),
                "overdue": late,
            }
            to = tuple(people[login] for login in unit["holder"].split("、") if login in people)
            announce(uow, Event("entry.due", "entry.read", unit["model"], {"org": unit["org"]}, data, to))
            record(uow, system("due"), "entry.due.announce", (KIND, unit["id"]), None, data)


JOBS = (Job("entry.announce_due_dates", announce_due_dates, idempotent=True, every="*/5 * * * *"),)
