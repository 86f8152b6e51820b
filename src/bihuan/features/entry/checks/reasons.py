"""Reasons on their way into a submission: given with the request, used by the subject in the same transaction."""

from collections.abc import Mapping

from bihuan.store.unit_of_work import Reader, UnitOfWork


def give_reasons(uow: UnitOfWork, unit_id: int, reasons: Mapping[str, str]) -> None:
    """Remembers for this transaction what the submitter says, by finding."""
    uow.memo["check reasons", unit_id] = {key: said.strip() for key, said in reasons.items() if said.strip()}


def given_reasons(reader: Reader, unit_id: int) -> Mapping[str, str]:
    """What was given in this transaction."""
    found: Mapping[str, str] = reader.memo.get(("check reasons", unit_id), {})
    return found
