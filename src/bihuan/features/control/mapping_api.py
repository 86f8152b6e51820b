"""The route that tries a field mapping on a document's fields."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bihuan.features.access.http import Edge, requires
from bihuan.features.control import mapping_trial
from bihuan.features.control.wire import Fields, TargetOut

router = APIRouter(prefix="/api/v1/control", tags=["control"])
MOST_TEXT = 200_000


class MappingTrialIn(BaseModel):
    """The fields of a document of ``kind``: of its head and of each line; or those kept with the document of that ``number``.

    ``text``: a draft of the policy as a policies/*.yaml file, tried instead of the one in force.
    """

    policy: str
    kind: str
    head: Fields = {}
    lines: list[Fields] = Field([], max_length=200)
    number: str = Field("", max_length=200)
    text: str = Field("", max_length=MOST_TEXT)


class LineMappedOut(BaseModel):
    """``faults``: fields that cannot be read, by name; then there are no targets."""

    line_no: int
    faults: dict[str, str]
    targets: list[TargetOut]


@router.post("/mapping-trials", **requires("control.read"))
def try_mapping(edge: Edge, body: MappingTrialIn) -> list[LineMappedOut]:
    """Each dimension of each line: the ways tried, whether their conditions hold, what they give, which is taken. Books nothing."""
    with edge.read() as reader:
        if body.number:
            found = mapping_trial.trial_of_document(reader, edge.actor, body.policy, body.kind, body.number, body.text)
        else:
            found = mapping_trial.trial(reader, edge.actor, body.policy, body.kind, body.head, body.lines, body.text)
    return [LineMappedOut.model_validate(f) for f in found]
