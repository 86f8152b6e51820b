"""A dimension's members: stable int32 ids, codes, names, properties; leaves are those that are nobody's parent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bihuan.kernel.hierarchy import Hierarchy

OWN = ".本级"  # the automatic leaf of a non-leaf member for its own amounts


@dataclass(frozen=True, slots=True)
class Member:
    """``own_of`` is the id of the parent this member is the 本级 of, or None."""

    id: int
    code: str
    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    own_of: int | None = None


@dataclass(frozen=True)
class Dimension:
    """``trees`` maps a hierarchy's name to it, "" the main one. Members stand in display order.

    For a role dimension (``role_of`` "period") the n-th member is the axis' n-th leaf period.
    """

    code: str
    name: str
    members: tuple[Member, ...]
    trees: Mapping[str, Hierarchy]
    references: Mapping[str, str] = field(default_factory=dict)
    managed: str = "package"
    role_of: str | None = None

    @cached_property
    def by_code(self) -> Mapping[str, Member]:
        """Members by code."""
        return {member.code: member for member in self.members}

    @cached_property
    def by_id(self) -> Mapping[int, Member]:
        """Members by id."""
        return {member.id: member for member in self.members}

    @cached_property
    def parents(self) -> frozenset[int]:
        """Ids that are a parent in any tree at any date."""
        return frozenset(edge.parent for tree in self.trees.values() for edge in tree.edges)

    @cached_property
    def elsewhere(self) -> frozenset[int]:
        """Ids of groups that stand in another tree only, such as legal entities beside the management's tree."""
        main, others = self.trees.get(""), [tree for name, tree in self.trees.items() if name]
        if main is None or not main.edges:
            return frozenset()
        placed = {member for edge in main.edges for member in (edge.child, edge.parent)}
        return frozenset(edge.parent for tree in others for edge in tree.edges) - placed

    @cached_property
    def _tree_of(self) -> Mapping[int, str]:
        """Parent -> the first tree in which it is one; the main tree comes first."""
        out: dict[int, str] = {}
        for name in ("", *(name for name in self.trees if name)):
            for edge in self.trees[name].edges if name in self.trees else ():
                out.setdefault(edge.parent, name)
        return out

    def tree_of(self, member: int) -> str:
        """The tree a member is totalled by where none is named: the main one, unless it is a parent in another one only."""
        return self._tree_of.get(member, "")

    def tops(self, tree: str = "") -> tuple[Member, ...]:
        """Members at the top of a tree as it stands, in display order; in the main one also those that stand alone."""
        edges = self.trees[tree].children() if tree in self.trees else {}
        below = {edge.child for some in edges.values() for edge in some}
        free = [member for member in self.members if member.id not in below]
        return tuple(m for m in free if (m.id in edges if tree else m.id not in self.elsewhere))

    @cached_property
    def leaves(self) -> tuple[Member, ...]:
        """Members that are nobody's parent, in display order: where values are kept."""
        return tuple(member for member in self.members if member.id not in self.parents)

    @cached_property
    def properties(self) -> tuple[str, ...]:
        """Names of the properties, in column order."""
        return tuple(dict.fromkeys(name for member in self.members for name in member.properties))

    def is_leaf(self, member: int) -> bool:
        """True where values are kept."""
        return member not in self.parents

    def find(self, text: str) -> Member | None:
        """The member of this code, else the only one of this name."""
        return self.by_code.get(text) or self._by_name.get(text)

    @cached_property
    def _by_name(self) -> Mapping[str, Member]:
        names: dict[str, list[Member]] = {}
        for member in self.members:
            names.setdefault(member.name, []).append(member)
        return {name: found[0] for name, found in names.items() if len(found) == 1}
