"""The page lists every table under an id there is, and is current."""

import pytest
from tools.conformance_page import CATALOGUE, PEERS, ROOT, Listed, listed, render


@pytest.mark.parametrize("table", list(listed()), ids=lambda t: t.id)
def test_a_table_covers_ids_of_the_catalogue(table: Listed) -> None:
    assert table.ids
    assert set(table.ids) <= CATALOGUE.keys() | PEERS.keys()


def test_every_period_mode_has_a_table() -> None:
    covered = {i for t in listed() for i in t.ids}
    assert {i for i in CATALOGUE if i.startswith("D1.")} <= covered


def test_every_fault_of_another_product_has_a_table() -> None:
    assert {i for t in listed() for i in t.ids} >= PEERS.keys()


def test_the_page_is_current() -> None:
    page = ROOT / "docs" / "reference" / "conformance.md"
    assert page.read_text(encoding="utf-8") == render(), "run `make docs`"
