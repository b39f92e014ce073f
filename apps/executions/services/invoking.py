"""A pipeline that starts another one. Source: CodePipeline User Guide, CodePipeline invoke action reference."""

import json
from collections.abc import Mapping
from typing import Any, Final

from apps.actions.host import Refused
from apps.core import clock
from apps.executions.errors import TooManyExecutions
from apps.executions.models import PipelineExecution
from apps.executions.services.start import start_execution
from apps.jobs.worker.asking import Asker

LONGEST_CHAIN: Final = 10  # pipelines that one start may lead through


def start_pipeline(asker: Asker, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Start an execution in the account of who asks; once for each attempt, however often it asks.

    The trigger's detail names who started it in JSON, as AWS names the cause of a rollback. A pipeline that led to the
    execution that asks is not started again, for the two would start each other for ever.
    Raises: Refused, PipelineNotFound, StartInvalid.
    """
    name = arguments["name"]
    caller = {
        "PipelineName": asker.context.get("pipeline_name", ""),
        "PipelineExecutionId": asker.context.get("pipeline_execution_id", ""),
    }
    if not caller["PipelineExecutionId"]:
        raise Refused("ConfigurationError", "Only an action of an execution can start a pipeline.")
    before = PipelineExecution.objects.for_account(asker.account).get(pk=caller["PipelineExecutionId"])
    through = [*before.invoked_through, caller["PipelineName"]]
    _refuse_circle(through, name)
    try:
        execution = start_execution(
            asker.account,
            name,
            trigger_type="StartPipelineExecution",
            trigger_detail=json.dumps(caller),
            variables=arguments["variables"],
            source_revisions=arguments["source_revisions"],
            client_request_token=asker.token,
            started_by=before.started_by,
            invoked_through=through,
            now=clock.database_now(),
        )
    except TooManyExecutions as full:
        raise Refused("JobFailed", full.message) from None
    return {"execution_id": str(execution.pk)}


def _refuse_circle(through: list[str], name: str) -> None:
    """Raises Refused. Shapes: `through` are the pipelines on the way here, first one first."""
    way = " → ".join([*through, name])
    if name in through:
        raise Refused(
            "ConfigurationError",
            f"Pipeline '{name}' is not started, for it led to this execution itself and they would "
            f"start each other for ever: {way}. Take the Invoke action out of one of them.",
        )
    if len(through) >= LONGEST_CHAIN:
        raise Refused(
            "ConfigurationError",
            f"Pipeline '{name}' is not started: a start may lead through {LONGEST_CHAIN} pipelines at most. "
            f"The way here was {way}. Start it by a pipeline nearer to the first.",
        )
