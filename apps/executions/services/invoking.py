"""A pipeline that starts another one. Source: CodePipeline User Guide, CodePipeline invoke action reference."""

import json
from collections.abc import Mapping
from typing import Any

from apps.actions.host import Refused
from apps.core import clock
from apps.executions.errors import TooManyExecutions
from apps.executions.services.start import start_execution
from apps.jobs.worker.asking import Asker


def start_pipeline(asker: Asker, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Start an execution in the account of who asks; once for each attempt, however often it asks.

    The trigger's detail names who started it in JSON, as AWS names the cause of a rollback.
    Raises: Refused, PipelineNotFound, StartInvalid.
    """
    caller = {
        "PipelineName": asker.context.get("pipeline_name", ""),
        "PipelineExecutionId": asker.context.get("pipeline_execution_id", ""),
    }
    try:
        execution = start_execution(
            asker.account,
            arguments["name"],
            trigger_type="StartPipelineExecution",
            trigger_detail=json.dumps(caller),
            variables=arguments["variables"],
            source_revisions=arguments["source_revisions"],
            client_request_token=asker.token,
            now=clock.now(),
        )
    except TooManyExecutions as full:
        raise Refused("JobFailed", full.message) from None
    return {"execution_id": str(execution.pk)}
