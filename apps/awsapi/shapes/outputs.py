"""A result against the model: only what the model names leaves the house, and lists that clients count on are there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .model import OPERATIONS

Writer = Callable[[Any], Any]

# A missing list is a KeyError in boto3 and a null pointer in Java programs. The model requires few of them; these are
# read without a check by public job workers and tools.
ALWAYS_PRESENT: dict[str, frozenset[str]] = {
    "ActionDeclaration": frozenset({"inputArtifacts", "outputArtifacts"}),
    "ActionExecutionInput": frozenset({"inputArtifacts"}),
    "ActionExecutionOutput": frozenset({"outputArtifacts"}),
    "GetPipelineStateOutput": frozenset({"stageStates"}),
    "JobData": frozenset({"inputArtifacts", "outputArtifacts"}),
    "ListActionExecutionsOutput": frozenset({"actionExecutionDetails"}),
    "ListDeployActionExecutionTargetsOutput": frozenset({"targets"}),
    "ListPipelineExecutionsOutput": frozenset({"pipelineExecutionSummaries"}),
    "ListPipelinesOutput": frozenset({"pipelines"}),
    "ListRuleExecutionsOutput": frozenset({"ruleExecutionDetails"}),
    "ListTagsForResourceOutput": frozenset({"tags"}),
    "ListWebhooksOutput": frozenset({"webhooks"}),
    "PipelineExecution": frozenset({"artifactRevisions"}),
    "PollForJobsOutput": frozenset({"jobs"}),
    "PollForThirdPartyJobsOutput": frozenset({"jobs"}),
    "StageState": frozenset({"actionStates"}),
    "ThirdPartyJobData": frozenset({"inputArtifacts", "outputArtifacts"}),
}
PAGE_TOKENS = frozenset({"nextToken", "NextToken"})

_compiled: dict[str, Writer] = {}


def serialise_output(operation: str, result: dict[str, Any] | None) -> dict[str, Any]:
    """Return `result` cut to the members that the model names, without None and empty page tokens.

    Shapes: timestamps stay aware datetimes, cut to milliseconds; the codec of the protocol writes them.
    Operations without an output shape give an empty dict.
    """
    shape = OPERATIONS[operation].output_shape
    if shape is None:
        return {}
    written: dict[str, Any] = _writer(shape)(result or {})
    return written


def _writer(shape: Shape) -> Writer:
    if shape.name not in _compiled:
        _compiled[shape.name] = _MAKERS.get(shape.type_name, lambda _: _plain)(shape)
    return _compiled[shape.name]


def _structure_writer(shape: StructureShape) -> Writer:
    members = [(name, _writer(member)) for name, member in shape.members.items()]
    lists = {name for name, member in shape.members.items() if member.type_name == "list"}
    present = lists & (frozenset(shape.required_members) | ALWAYS_PRESENT.get(shape.name, frozenset()))

    def write(value: dict[str, Any]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, write_member in members:
            member = value.get(name)
            if member is None:
                if name in present:
                    written[name] = []
            elif member != "" or name not in PAGE_TOKENS:
                written[name] = write_member(member)
        return written

    return write


def _list_writer(shape: ListShape) -> Writer:
    write_item = _writer(shape.member)
    return lambda value: [write_item(item) for item in value]


def _map_writer(shape: MapShape) -> Writer:
    write_value = _writer(shape.value)
    return lambda value: {str(name): write_value(item) for name, item in value.items() if item is not None}


def _string_writer(shape: Shape) -> Writer:
    # Enumerations and UUIDs are text on the wire; the CBOR writer takes nothing but str itself.
    return lambda value: value if type(value) is str else str(value)


def _timestamp_writer(shape: Shape) -> Writer:
    def write(value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone must not leave the service.")
        return value.replace(microsecond=value.microsecond // 1000 * 1000)

    return write


def _plain(value: Any) -> Any:
    return value


_MAKERS: dict[str, Any] = {
    "structure": _structure_writer,
    "list": _list_writer,
    "map": _map_writer,
    "string": _string_writer,
    "timestamp": _timestamp_writer,
}
