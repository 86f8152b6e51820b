"""Targets as an accountant writes them on a sheet: what happens step by step, in amounts; then the laws, for any numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.entry.target_rules import Book, TargetEdit, spread

NAMES = {"G": "集团", "A": "甲", "B": "乙", "A1": "甲一", "A2": "甲二", "差旅": "差旅费"}
SUPERIOR = {"A": "G", "B": "G", "A1": "A", "A2": "A"}
# who, which part, becomes  ->  集团 收到/可分, 甲 收到/可分, 甲一, 甲二     ("" = blank)
STORY = """
A  target  1000   |       ;      | 1000 ; 1000 |     |
G  target  5000   | 5000  ; 4000 | 1000 ; 1000 |     |
A  reserve 100    | 5000  ; 4000 | 1000 ;  900 |     |
A1 target  600    | 5000  ; 4000 | 1000 ;  300 | 600 |
A2 target  300    | 5000  ; 4000 | 1000 ;    0 | 600 | 300
A1 target  500    | 5000  ; 4000 | 1000 ;  100 | 500 | 300
A  target  1200   | 5000  ; 3800 | 1200 ;  300 | 500 | 300
A2 target  -      | 5000  ; 3800 | 1200 ;  600 | 500 |
A  reserve -      | 5000  ; 3800 | 1200 ;  700 | 500 |
"""


def amount(text: str) -> Decimal | None:
    return None if text.strip() in ("", "-") else Decimal(text.strip())


def test_the_story_of_a_target_from_the_group_to_two_departments() -> None:
    book = Book(SUPERIOR, NAMES)
    for line in STORY.strip().splitlines():
        act, group, first, one, two = (part.strip() for part in (*line.split("|"), "")[:5])
        org, part, after = act.split()
        edit = TargetEdit(org, "差旅", "reserve" if part == "reserve" else "target", None, amount(after))
        assert book.apply(edit) is None, line
        wanted = [amount(t) for pair in (group, first) for t in pair.split(";")] + [amount(one), amount(two)]
        received_g = book.received("G", "差旅") if ("G", "差旅") in book.own else None
        found = [received_g, book.room("G", "差旅"), book.received("A", "差旅"), book.room("A", "差旅")]
        found += [book.received("A1", "差旅"), book.received("A2", "差旅")]
        assert found == wanted, line


@pytest.mark.parametrize(
    ("org", "part", "after", "code"),
    [
        ("B", "target", "-1", "negative"),
        ("A1", "reserve", "1", "no_target"),  # nothing received yet
        ("A", "target", None, "passed_down"),  # 700 lie with A2
    ],
)
def test_what_cannot_be_done_says_why(org: str, part: str, after: str | None, code: str) -> None:
    book = Book(SUPERIOR, NAMES, {("A", "差旅"): Decimal(300), ("A2", "差旅"): Decimal(700)})
    edit = TargetEdit(org, "差旅", "reserve" if part == "reserve" else "target", None, after and Decimal(after))
    said = book.apply(edit)
    assert said is not None
    assert said.code == code


def test_a_division_without_a_target_passes_nothing_down() -> None:
    said = Book(SUPERIOR, NAMES).apply(TargetEdit("A1", "差旅", "target", None, Decimal(1)))
    assert said is not None
    assert (said.code, "甲" in said.message) == ("no_target", True)


def test_what_is_given_beyond_what_was_received_is_named_in_numbers_and_tolerance_lets_some_through() -> None:
    was = Book(SUPERIOR, NAMES, {("A", "差旅"): Decimal(1000)})
    now = was.copy()
    give = TargetEdit("A1", "差旅", "target", None, Decimal(1050))
    now.apply(give)
    (said,) = now.overdrawn(was, now.givers([give]), Decimal(0)).values()
    assert said == "甲 的“差旅费”：已下达 1,050 ＋ 预留 0 ＞ 收到 1,000，超出 50 元"
    assert not now.overdrawn(was, now.givers([give]), Decimal("0.05"))


edits = st.builds(
    TargetEdit,
    st.sampled_from([*SUPERIOR, "G"]),
    st.just("差旅"),
    st.sampled_from(["target", "reserve"]),
    st.none(),
    st.one_of(st.none(), st.decimals(0, 10_000, places=2)),
)


@given(st.lists(edits, max_size=30))
def test_whatever_is_edited_passed_and_reserve_and_room_make_up_what_was_received(story: list[TargetEdit]) -> None:
    book = Book(SUPERIOR, NAMES)
    for edit in story:
        others = {o: book.received(o, "差旅") for o in NAMES if o not in (edit.org, "差旅")}
        if book.apply(edit) is None:
            kept = {o: v for o, v in others.items() if o in SUPERIOR and o != edit.org}
            assert kept == {o: book.received(o, "差旅") for o in kept}, "nobody else's target moves"
        for org in [*SUPERIOR, "G"]:
            room = book.room(org, "差旅")
            if room is not None:
                reserve = book.reserve.get((org, "差旅"), Decimal(0))
                assert (book.passed(org, "差旅") or 0) + reserve + room == book.received(org, "差旅")


@given(
    st.decimals(0, 10**9, places=2),
    st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=12).filter(any),
    st.sampled_from([Decimal("0.01"), Decimal(1), Decimal(100)]),
)
def test_a_distribution_gives_away_everything_but_less_than_one_step(
    total: Decimal, weights: list[Decimal], step: Decimal
) -> None:
    parts = spread(total, weights, step)
    assert 0 <= total - sum(parts) < step
    assert all(part % step == 0 and part >= 0 for part in parts)
    share = sum(weights)
    assert all(abs(part - total * w / share) < 2 * step for part, w in zip(parts, weights, strict=True))
