"""The part of a rule's text that says its windows of time. Pure.

window: month      month quarter half year total span quarter_to_date cumulative life sliding (windows.py)
length: 3          of sliding: how many periods a window has
from: 2026-04      of span: its first and last period, both included
to: 2027-03
"""

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from bihuan.features.control.windows import NO_EXTENT, ControlCalendar, Extent, WindowMode

EXTENT_KEYS = {"length", "from", "to"}
_MEANT_FOR = {"length": "sliding", "from": "span", "to": "span"}
Wrong = Callable[[str, object, str], None]


def read_window(raw: Mapping[str, Any], calendar: ControlCalendar, wrong: Wrong) -> tuple[WindowMode, Extent]:
    """A rule's window mode and extent; what is wrong is told to ``wrong`` as part, found, expected."""
    said = raw.get("window")
    if said not in get_args(WindowMode):
        wrong("window", said, " ".join(get_args(WindowMode)))
        return "month", NO_EXTENT
    mode = cast(WindowMode, said)
    for key in sorted(EXTENT_KEYS & raw.keys()):
        if _MEANT_FOR[key] != mode:
            wrong(key, raw[key], f"nothing: it belongs to window {_MEANT_FOR[key]}")
    if mode in ("quarter", "quarter_to_date") and not all(y.quarters for y in calendar.years):
        wrong("window", mode, "another window: the calendar has no quarters")
    if mode == "half" and not all(y.halves for y in calendar.years):
        wrong("window", mode, "another window: the calendar's quarters do not make two halves")
    if mode == "sliding":
        return mode, Extent(length=_length(raw.get("length"), calendar, wrong))
    return mode, _span(raw, calendar, wrong) if mode == "span" else NO_EXTENT


def _length(said: object, calendar: ControlCalendar, wrong: Wrong) -> int:
    most = len(calendar.periods)
    if str(said).isascii() and str(said).isdigit() and 1 <= int(str(said)) <= most:
        return int(str(said))
    wrong("length", said, f"a number of periods, 1 to {most}")
    return 1


def _span(raw: Mapping[str, Any], calendar: ControlCalendar, wrong: Wrong) -> Extent:
    first, last = str(raw.get("from") or ""), str(raw.get("to") or "")
    known = calendar.periods
    for key, said in (("from", first), ("to", last)):
        if said not in known:
            wrong(key, said or "nothing", f"a period of the calendar, {known[0]} to {known[-1]}")
    if first in known and last in known and known.index(first) > known.index(last):
        wrong("to", last, f"a period not before {first}")
    return Extent(first=first, last=last)


def extent_json(extent: Extent) -> dict[str, Any]:
    """The inverse: what is said besides the mode; nothing for most modes."""
    found = {"length": extent.length, "from": extent.first, "to": extent.last}
    return {key: value for key, value in found.items() if value}
