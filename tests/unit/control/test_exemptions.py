"""What a policy text says of exempt places, missing budgets and zeros."""

from typing import Any

import pytest

from bihuan.features.control.model import UnresolvableKey
from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Policy, Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

CALENDAR = ControlCalendar((YearPeriods("2026", ("2026-01",)),))
TREES = Trees({"org": {"G": "", "A": "G"}, "account": {"X": "", "X1": "X", "X2": "X"}})
KINDS = [{"code": "急", "flow": "f"}]


def read(**more: Any) -> Policy:
    text = {"policy": "p", "rules": [{"code": "r", "window": "month", "by": {"org": "leaf"}}], **more}
    return read_policy(text, calendar=CALENDAR, trees=TREES)


def test_an_exempt_place_counts_in_no_row_and_those_beside_it_do() -> None:
    policy = read(exempt=[{"code": "e", "where": {"account": ["X1"]}}])
    touched = [bool(policy.touched({"org": "A", "account": a}, "2026-01")) for a in ("X1", "X2", "X")]
    assert touched == [False, True, True]
    assert not policy.opened({"org": "A", "account": "X1"}, "2026-01")


def test_a_blank_member_is_refused_even_where_only_an_exemption_looks() -> None:
    policy = read(exempt=[{"code": "e", "where": {"account": ["X1"]}}])
    for blank in ({"org": "A"}, {"org": "", "account": "X1"}):
        with pytest.raises(UnresolvableKey):
            policy.touched(blank, "2026-01")


def test_exempt_documents_are_exempt_by_kind_and_their_place_is_not() -> None:
    policy = read(exempt=[{"code": "e", "documents": ["急"]}], documents=KINDS)
    place = {"org": "A"}
    assert policy.exemption(place, "急")
    assert not policy.exemption(place, "别的")
    assert policy.touched(place, "2026-01")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"exempt": "X1"}, "a list of mappings"),
        ({"exempt": [{"code": "e"}]}, "would be no control"),
        ({"exempt": [{"where": {"account": ["X1"]}}]}, "no code"),
        ({"exempt": [{"code": "e", "where": {"account": ["Z"]}}]}, "Z"),
        ({"exempt": [{"code": "e", "where": {"colour": ["X1"]}}]}, "colour"),
        ({"exempt": [{"code": "e", "documents": "急"}]}, "a list of document types"),
        ({"exempt": [{"code": "e", "documents": ["慢"]}], "documents": KINDS}, "one of 急"),
        ({"exempt": [{"code": "e", "documents": ["急"], "until": "x"}]}, "until"),
        ({"exempt": [{"code": "e", "documents": ["急"]}] * 2}, "each code once"),
        ({"unbudgeted": "maybe"}, "refuse, allow or unruled"),
        ({"zero": "maybe"}, "budget or none"),
        ({"zero": "none", "unbudgeted": "allow"}, "a zero is what stops them"),
    ],
)
def test_a_bad_text_is_refused_and_says_what_it_should_be(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        read(**more)
    assert told in str(found.value)


def test_what_is_pinned_reads_back() -> None:
    exempt = [{"code": "e", "title": "急件", "documents": ["急"], "where": {"account": ["X"]}}]
    policy = read(exempt=exempt, zero="none", unbudgeted="unruled", documents=KINDS)
    assert from_json(to_json(policy)) == policy
    assert (policy.zero, policy.unbudgeted, policy.exempt[0].title) == ("none", "unruled", "急件")
