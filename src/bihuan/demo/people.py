"""Who works in the demonstration: the people a walk needs, a head for each division, an owner for each department."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bihuan.bootstrap import Container, load_roles
from bihuan.demo.books.company import Company, Org
from bihuan.demo.books.dice import dice
from bihuan.demo.books.words import person
from bihuan.features.access import commands as access
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.store.unit_of_work import UnitOfWork

DEMO_PASSWORD = "bihuan-demo"  # noqa: S105 - printed at the start of every demo
COMPANY = "qiming"
Limits = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as. ``roles``: role -> limits of the assignment; one that is not there (yet) is left out."""

    login: str
    name: str
    roles: Sequence[tuple[str, Limits]]

    @property
    def role(self) -> str:
        """What the person mainly is."""
        return self.roles[0][0]


def _in(model: str, org: str) -> Limits:
    return {"model": [model], "org": [org]}


# printed at the start; the small company of the tutorial shares some of them
DEMO_PEOPLE: tuple[Person, ...] = (
    Person("yusuan", "宋佳宁", [("budget-admin", {})]),
    Person(
        "bumen", "周敏", [("department-owner", _in(COMPANY, "PWR-MKT")), ("department-owner", _in("starter", "MOT"))]
    ),
    Person("shiye", "陈国栋", [("division-head", _in(COMPANY, "PWR"))]),
    Person("caiwu", "林静", [("approver", {"model": [COMPANY]})]),
    Person("jingban", "何川", [("requester", _in(COMPANY, "PWR-MKT")), ("requester", _in("starter", "HQ"))]),
    Person("cfo", "沈亦舟", [("cfo", {})]),
    Person("it", "艾迪", [("it", {})]),
    Person("shenji", "申纪", [("auditor", {})]),
    Person("shenpi", "沈批", [("approver", {"model": ["starter"]})]),
)
_OWNERS = {"PWR-MKT": "bumen"}
_HEADS = {"PWR": "shiye"}


def add_people(container: Container) -> None:
    """Roles and the people of the walk, where they are not there yet."""
    with container.database.writing() as uow:
        load_roles(uow, system("demo"))
        for who in DEMO_PEOPLE:
            _add(uow, who)


def add_staff(uow: UnitOfWork, company: Company, seed: int) -> None:
    """A head for every division and an owner for every department who is not among the people of the walk."""
    for division in dict.fromkeys(org.division for org in company.orgs):
        if division not in _HEADS:
            roles: list[tuple[str, Limits]] = [("division-head", _in(COMPANY, division))]
            _add(uow, Person(head_of(division), person(dice(seed, "person", division)), roles))
    for org in company.orgs:
        if org.code not in _OWNERS:
            owner = [("department-owner", _in(COMPANY, org.code))]
            _add(uow, Person(owner_of(org), person(dice(seed, "person", org.code)), owner))


def owner_of(org: Org) -> str:
    """The login of who owns a department's budget: its code, unless a person of the walk does."""
    return _OWNERS.get(org.code, org.code.lower())


def head_of(division: str) -> str:
    """The login of a division's head."""
    return _HEADS.get(division, division.lower())


def known(uow: UnitOfWork, container: Container, login: str) -> Principal:
    """Somebody of the demonstration as who acts."""
    found = principal_of(uow, login, container.trees)
    assert found is not None, f"{login} was added before"
    return found


def _add(uow: UnitOfWork, who: Person) -> None:
    if uow.row("access.user_by_login", login=who.login) is None:
        there = {row["code"] for row in uow.rows("access.roles")}
        actor = system("demo")
        access.add_user(uow, actor, login=who.login, name=who.name, password=DEMO_PASSWORD)
        given: list[Mapping[str, Any]] = [{"role": r, "limits": limits} for r, limits in who.roles if r in there]
        access.assign_roles(uow, actor, login=who.login, assignments=given)
