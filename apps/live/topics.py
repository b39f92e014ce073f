"""Names of what one may listen to, made from internal ids, so that two accounts never share one. Pure."""

from typing import NamedTuple


class Topic(NamedTuple):
    """`pipeline` is a name, or empty for every pipeline of the account. `log` is the id of an action execution."""

    account_id: int
    pipeline: str = ""
    log: str = ""


def topics_of(account_id: int, pipeline: str) -> tuple[Topic, ...]:
    """Return who hears of an event: those at the pipeline, and those at the account's lists."""
    lists = Topic(account_id)
    return (Topic(account_id, pipeline), lists) if pipeline else (lists,)
