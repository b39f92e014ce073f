"""What GetPipeline may answer to a body: it cannot read it, it refuses the name, or it knows no such pipeline."""

from enum import StrEnum


class Verdict(StrEnum):
    UNREADABLE = "SerializationException"
    REFUSED = "ValidationException"
    ABSENT = "PipelineNotFoundException"


UNREADABLE, REFUSED, ABSENT = Verdict.UNREADABLE, Verdict.REFUSED, Verdict.ABSENT
