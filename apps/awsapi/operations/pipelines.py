"""CreatePipeline, GetPipeline, UpdatePipeline, DeletePipeline, ListPipelines."""

from typing import Any

from apps.awsapi.caller import Caller
from apps.awsapi.registry import operation
from apps.core import clock
from apps.core.arns import pipeline_arn
from apps.core.tags import as_pairs, tags_of
from apps.pipelines import selectors, services
from apps.pipelines.models import Pipeline
from apps.triggers.selectors import polling_disabled_at

PAGE_SIZE = 100


@operation("CreatePipeline")
def create_pipeline(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    declaration = request["pipeline"]
    tags = tags_of(request.get("tags", []), arn=pipeline_arn(caller.account_number, declaration["name"]))
    version = services.create_pipeline(
        caller.account, declaration, tags=tags, by=caller.principal_arn, now=clock.database_now()
    )
    return {"pipeline": version.declaration, "tags": as_pairs(tags)}


@operation("GetPipeline")
def get_pipeline(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    pipeline = selectors.find_pipeline(caller.account, request["name"])
    version = selectors.version_of(pipeline, request.get("version"))
    metadata = {
        "pipelineArn": pipeline.arn,
        "created": pipeline.created_at,
        "updated": pipeline.updated_at,
        "pollingDisabledAt": polling_disabled_at(pipeline),
    }
    return {"pipeline": version.declaration, "metadata": metadata}


@operation("UpdatePipeline")
def update_pipeline(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    version = services.update_pipeline(
        caller.account, request["pipeline"], by=caller.principal_arn, now=clock.database_now()
    )
    return {"pipeline": version.declaration}


@operation("DeletePipeline")
def delete_pipeline(caller: Caller, request: dict[str, Any]) -> None:
    services.delete_pipeline(caller.account, request["name"], by=caller.principal_arn, now=clock.database_now())


@operation("ListPipelines", tells_rows_alone=True)
def list_pipelines(caller: Caller, request: dict[str, Any]) -> dict[str, Any]:
    found = selectors.list_pipelines(
        caller.account, size=request.get("maxResults", PAGE_SIZE), token=request.get("nextToken")
    )
    return {"pipelines": [_summary(pipeline) for pipeline in found.rows], "nextToken": found.next_token}


def _summary(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "name": pipeline.name,
        "version": pipeline.version,
        "pipelineType": pipeline.pipeline_type,
        "executionMode": pipeline.execution_mode,
        "created": pipeline.created_at,
        "updated": pipeline.updated_at,
    }
