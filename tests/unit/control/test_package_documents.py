"""Document types and tax of a policy text: read back as written, every fault told at once."""

import pytest

from bihuan.features.control.package import from_json, read_policy, to_json
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import ProblemsFound

CALENDAR = ControlCalendar((YearPeriods("2026", ("2026-01", "2026-02")),))
TREES = Trees({"org": {"G": "", "A": "G"}, "account": {"费用": "", "差旅": "费用", "会议": "费用"}})
RULE = {"code": "r", "window": "month", "by": {"org": "leaf"}, "disclose": "yes"}
TEXT = {
    "policy": "p",
    "rules": [RULE],
    "documents": [{"code": "用款申请", "flow": "审批", "number": "YK", "where": {"account": ["差旅"]}}],
    "tax": {"rates": ["13", "6"], "deductible": {"account": ["会议"]}},
}


def test_what_is_read_is_kept_and_read_back_the_same() -> None:
    policy = read_policy(TEXT, calendar=CALENDAR, trees=TREES)
    assert from_json(to_json(policy)) == policy
    (kind,) = policy.documents
    assert (kind.title, kind.flow, kind.prefix) == ("用款申请", "审批", "YK")
    assert policy.takes(kind, {"account": "差旅"})
    assert not policy.takes(kind, {"account": "会议"})
    assert policy.net_counts({"account": "会议"})
    assert not policy.net_counts({"account": "差旅"})
    assert policy.rule("r").disclose


@pytest.mark.parametrize("said", [60, "60"])  # as JSON keeps it, as a package is read
def test_the_days_until_a_document_expires_may_be_text(said: object) -> None:
    text = {**TEXT, "documents": [{"code": "a", "flow": "f", "expires_days": said}]}
    policy = read_policy(text, calendar=CALENDAR, trees=TREES)
    assert policy.documents[0].expires_days == 60
    assert from_json(to_json(policy)) == policy


@pytest.mark.parametrize("said", [True, -1, "1.5", "3661", "9" * 5000, "soon"])
def test_days_that_are_none_are_refused(said: object) -> None:
    with pytest.raises(ProblemsFound, match="expires_days"):
        read_policy(
            {**TEXT, "documents": [{"code": "a", "flow": "f", "expires_days": said}]}, calendar=CALENDAR, trees=TREES
        )


def test_a_policy_that_says_nothing_of_documents_and_tax_is_kept_as_before() -> None:
    content = to_json(
        read_policy({"policy": "p", "rules": [{**RULE, "disclose": "no"}]}, calendar=CALENDAR, trees=TREES)
    )
    assert not {"documents", "tax"} & content.keys()
    assert "disclose" not in content["rules"][0]


def test_every_fault_is_told_at_once() -> None:
    faulty = {
        "policy": "p",
        "rules": [{**RULE, "disclose": "maybe"}],
        "documents": [
            {"code": "a", "flow": "", "colour": "red"},
            {"code": "a", "flow": "f", "where": {"account": ["没有"], "site": ["x"]}},
            {"flow": "f"},
        ],
        "tax": {"rates": ["6", "一成", "100"], "deductible": {"account": ["没有"]}, "deduct": "all"},
    }
    with pytest.raises(ProblemsFound) as refused:
        read_policy(faulty, calendar=CALENDAR, trees=TREES, file="policies/x.yaml")
    told = {(p.found or "").split(":")[0] for p in refused.value.problems}
    assert told == {
        "rule r disclose",
        "document a flow",
        "document a",
        "documents",
        "document a where account",
        "document a where",
        "document ?",
        "tax rates",
        "tax deductible account",
        "tax",
    }
    assert {p.file for p in refused.value.problems} == {"policies/x.yaml"}
