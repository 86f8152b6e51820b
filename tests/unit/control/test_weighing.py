"""Every rule answers; what matches is what is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.control.model import UnresolvableKey
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Policy, Trees
from bihuan.features.control.weighing import weigh
from bihuan.features.control.windows import ControlCalendar, YearPeriods

MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 7))
CALENDAR = ControlCalendar((YearPeriods("2026", MONTHS),))
TREES = Trees(
    {"org": {"G": "", "N": "G", "N1": "N", "N2": "N", "S": "G"}, "科目": {"费": "", "差旅": "费", "会议": "费"}}
)
RULES = [
    {"code": "a", "window": "month", "by": {"org": "leaf"}, "where": {"科目": ["差旅"]}},
    {"code": "b", "window": "cumulative", "by": {"org": 0}, "where": {"org": ["N"]}},
    {"code": "c", "window": "span", "from": "2026-02", "to": "2026-03", "by": {}},
]


def policy(**more: object) -> Policy:
    return read_policy({"policy": "p", "rules": RULES, **more}, calendar=CALENDAR, trees=TREES)


def test_why_and_why_not() -> None:
    found = weigh(policy(), {"org": "N1", "科目": "会议"}, "2026-05")
    assert [(w.rule.code, w.why, len(w.keys)) for w in found] == [
        ("a", "elsewhere", 0),
        ("b", "matched", 2),
        ("c", "outside", 0),
    ]
    assert "科目 会议" in found[0].text
    assert "2 个窗口都要够" in found[1].text
    assert "2026-05" in found[2].text


def test_an_exempt_place_says_by_what() -> None:
    exempt = [{"code": "x", "title": "工资", "where": {"科目": ["会议"]}}, {"code": "y", "documents": ["抢险"]}]
    found = weigh(policy(exempt=exempt), {"org": "N1", "科目": "会议"}, "2026-02")
    assert {w.why for w in found} == {"exempt"}
    assert "工资" in found[0].text
    assert {w.why for w in weigh(policy(exempt=exempt), {"org": "N1", "科目": "差旅"}, "2026-02", "抢险")} == {"exempt"}


def test_a_place_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnresolvableKey):
        weigh(policy(), {"org": "X", "科目": "会议"}, "2026-02")
    with pytest.raises(UnresolvableKey):
        weigh(policy(), {"org": "N1", "科目": "会议"}, "2031-02")


@given(st.sampled_from(["N", "N1", "N2", "S"]), st.sampled_from(["差旅", "会议"]), st.sampled_from(MONTHS))
def test_what_matches_is_what_counts(org: str, account: str, period: str) -> None:
    place = {"org": org, "科目": account}
    assert [k for w in weigh(policy(), place, period) for k in w.keys] == policy().touched(place, period)
