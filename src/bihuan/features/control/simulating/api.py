"""Routes of simulating a policy's draft."""

from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.control.simulating import queries as simulating
from bihuan.features.control.wire import Amount

router = APIRouter(prefix="/api/v1/control", tags=["control"])
Answer = Literal["unplaced", "refuse", "exception", "confirm", "notify", "none"]
MOST_TEXT = 200_000


class SimulationIn(BaseModel):
    """``text``: the draft as a policies/*.yaml file; ``policy``: whose documents it is tried on, filed ``since``..``until``."""

    policy: str
    text: str = Field(max_length=MOST_TEXT)
    since: date | None = None
    until: date | None = None


class SimulatedCount(BaseModel):
    documents: int
    amount: Amount


class SimulatedAnswer(SimulatedCount):
    """How many documents got this as their strongest answer; unplaced: no rule or no budget for them, which is refused."""

    answer: Answer


class SimulatedRule(BaseModel):
    """A rule that warned or stopped, in numbers as they would have stood; None where they are not for the reader."""

    rule: str
    title: str
    strength: str
    mode: str
    key: str
    window: str
    formula: str
    available: Amount | None
    asked: Amount
    after: Amount | None
    short: Amount | None
    verdict: Literal["ok", "warn", "refuse"]
    measure: Literal["none", "notify", "confirm", "exception", "refuse"]
    explanation: str


class SimulatedDocument(BaseModel):
    """``step``: at which of its entries it was stopped or warned; ``excepted``: passes by the exception it was granted."""

    id: int
    number: str
    kind: str
    title: str
    status: str
    requester: str
    requester_name: str
    at: datetime
    step: str
    amount: Amount
    answer: Answer
    blocked: bool
    excepted: bool
    fault: str
    rules: list[SimulatedRule]


class PolicyChangeOut(BaseModel):
    """A part that a draft says otherwise. ``of``: "" (the policy itself), rules, documents, exempt; ``code``: of which.

    ``part`` "": all of it; ``was``, ``now``: "" where there was, or is, none.
    """

    model_config = ConfigDict(from_attributes=True)

    of: str
    code: str
    part: str
    was: str
    now: str


class PolicyTextOut(BaseModel):
    """``text``: "" where the applied package does not say this policy. ``released``: other rules are activated, by date."""

    policy: str
    title: str
    text: str
    released: bool


class SimulationOut(BaseModel):
    """``documents``, ``amount``: all that were judged; ``listed``: those stopped or warned, ``left_out`` more not listed."""

    policy: str
    title: str
    since: date | None
    until: date | None
    documents: int
    amount: Amount
    blocked: SimulatedCount
    answers: list[SimulatedAnswer]
    excepted: SimulatedCount
    listed: list[SimulatedDocument]
    left_out: int
    changes: list[PolicyChangeOut]


@router.get("/policies/{code}/text", **requires("control.policy"))
def policy_text(edge: Edge, code: str) -> PolicyTextOut:
    """The text of a policy in the applied package, to begin a draft with."""
    with edge.read() as reader:
        return PolicyTextOut.model_validate(simulating.text_in_force(reader, edge.actor, code))


@router.post("/simulations", **requires("control.policy"))
def simulate(edge: Edge, body: SimulationIn) -> SimulationOut:
    """What a draft would have said to the documents of a stretch of time: blocked, warned, by which rule, in numbers."""
    with edge.read() as reader:
        found = simulating.simulate(reader, edge.actor, body.policy, body.text, since=body.since, until=body.until)
    return SimulationOut.model_validate(found)
