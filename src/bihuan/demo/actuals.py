"""Actuals by the route that every file takes: land, map and check, publish; then the trial balance and the closed periods."""

from collections.abc import Sequence
from pathlib import Path

from bihuan.bootstrap import Container
from bihuan.demo.books.files import Delivery
from bihuan.demo.people import COMPANY, known
from bihuan.features.access.model import system
from bihuan.features.integration import commands, loads, package_texts, tie_out
from bihuan.features.integration.source_text import parse_source

LEDGER, PEOPLE, SALES = "集团总账", "人事", "销售台账"


def load_history(container: Container, folder: Path, delivery: Delivery) -> None:
    """The year before control began: its vouchers enter the plan, not the control ledger; then its periods are closed."""
    define_sources(container, folder, controlled=False)
    load_delivery(container, delivery)
    close(container, [f"{delivery.period}-{month:02d}" for month in range(1, 13)])


def load_year(container: Container, folder: Path, deliveries: Sequence[Delivery], *, until: str) -> None:
    """Month by month under control. A month is closed once the next one has come, with what was late."""
    define_sources(container, folder, controlled=True)
    for delivery in deliveries:
        if delivery.period <= until:
            load_delivery(container, delivery)
            close(container, [d.period for d in deliveries if d.period < delivery.period][-1:])


def define_sources(container: Container, folder: Path, *, controlled: bool) -> None:
    """The sources as the package says; not ``controlled``: without the policy whose ledger takes the vouchers."""
    with container.database.writing() as uow:
        for path in sorted((folder / "sources").glob("*.yaml")):
            text, mapping = path.read_text("utf-8"), path.with_suffix(".csv")
            if not controlled:
                text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("policy:"))
            rules = mapping.read_text("utf-8") if mapping.exists() else ""
            package_texts.put(uow, system("demo"), source=parse_source(text, rules), definition=text, mapping=rules)


def load_delivery(container: Container, delivery: Delivery) -> None:
    """The files of a month (or a year), each as a load of its own; what the books say comes before the vouchers."""
    with container.database.writing() as uow:
        chunks = [delivery.trial.read_bytes()]
        tie_out.take_trial_balance(uow, known(uow, container, "it"), container.warehouse, source=LEDGER, chunks=chunks)
    for source, file in ((PEOPLE, delivery.people), (SALES, delivery.sales), (LEDGER, delivery.vouchers)):
        load(container, source, file)


def load(container: Container, source: str, file: Path) -> None:
    """As IT uploads it, carried out here and now; the job that waits for it finds it done."""
    with container.database.writing() as uow:
        actor = known(uow, container, "it")
        run = loads.start(
            uow, actor, container.warehouse, source=source, file_name=file.name, chunks=[file.read_bytes()]
        )
    loads.carry_out(container.database, container.warehouse, container.trees, run.id)
    with container.database.reading() as reader:
        ended = loads.run(reader, run.id)
    assert ended.state == "done", f"{file.name}: {ended.state} {ended.message}"


def close(container: Container, periods: Sequence[str]) -> None:
    """Closes periods for actuals."""
    if periods:
        with container.database.writing() as uow:
            commands.set_period_status(uow, system("demo"), model=COMPANY, periods=periods, status="closed")
