"""What a policy's field mappings know of the model: names and properties of members, and the days of periods. Pure.

It is pinned with the policy, like its trees: a document is explained years later by what held when it was filed.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

Property = tuple[str, str]  # a dimension and the name of a property of its members


@dataclass(frozen=True)
class Directory:
    """``names``: dimension -> code -> name. ``properties``: dimension -> property -> code -> value, no empty ones.

    ``first``: the first day that any period has, ISO; ``last``: leaf period -> its last day, in order.
    """

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    first: str = ""
    last: Mapping[str, str] = field(default_factory=dict)

    def named(self, dimension: str, name: str) -> tuple[str, ...]:
        """The codes of the members that are called so."""
        return self._codes.get(dimension, {}).get(name, ())

    @cached_property
    def _codes(self) -> dict[str, dict[str, tuple[str, ...]]]:
        out: dict[str, dict[str, tuple[str, ...]]] = {}
        for dimension, names in self.names.items():
            found = out.setdefault(dimension, {})
            for code, name in names.items():
                found[name] = (*found.get(name, ()), code)
        return out

    def period_of(self, day: str) -> str | None:
        """The leaf period that an ISO day lies in; None for what is no day, or lies outside."""
        try:
            said = date.fromisoformat(day).isoformat()
        except ValueError:
            return None
        codes = list(self.last)
        at = bisect_left([self.last[c] for c in codes], said)
        return codes[at] if at < len(codes) and said >= self.first else None

    def cut(self, dimensions: Collection[str], properties: Iterable[Property], *, days: bool) -> "Directory":
        """Only what is needed."""
        wanted: dict[str, dict[str, Mapping[str, str]]] = {}
        for dimension, name in sorted(set(properties)):
            wanted.setdefault(dimension, {})[name] = self.properties.get(dimension, {}).get(name, {})
        names = {d: dict(self.names[d]) for d in sorted(dimensions) if d in self.names}
        return Directory(names, wanted, self.first if days else "", self.last if days else {})


def directory_json(directory: Directory) -> dict[str, Any]:
    """As it is pinned; lists, because JSON objects of the database do not keep their order."""
    return {
        "names": {d: dict(names) for d, names in directory.names.items()},
        "properties": {d: {p: dict(v) for p, v in known.items()} for d, known in directory.properties.items()},
        "first": directory.first,
        "last": [[code, day] for code, day in directory.last.items()],
    }


def directory_of_json(said: Mapping[str, Any]) -> Directory:
    """The inverse of `directory_json`."""
    return Directory(said["names"], said["properties"], said["first"], dict(said["last"]))
