"""What the server tests run under daphne and uvicorn: the wire API with one stub operation and the real clock."""

import django

django.setup()

from apps.awsapi.asgi import WireApi  # noqa: E402
from apps.awsapi.registry import Operation  # noqa: E402
from apps.core import clock  # noqa: E402
from apps.pipelines.errors import PipelineNotFound  # noqa: E402
from tests.awsapi.driver import signers  # noqa: E402


def get_pipeline(caller, request):
    if request["name"] == "missing":
        raise PipelineNotFound("Account '111122223333' does not have a pipeline with name 'missing'")
    return {"pipeline": {"name": request["name"]}, "metadata": {"created": clock.now()}}


wire_api = WireApi(operations={"GetPipeline": Operation("GetPipeline", get_pipeline)}, find_credentials=signers)


async def application(scope, receive, send):
    if scope["type"] == "http" and wire_api.dispatches(scope):
        await wire_api(scope, receive, send)
