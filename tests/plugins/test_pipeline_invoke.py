import json

import pytest

from headrace_sdk.testing import MemoryPipelines, ProviderContract, make_request, run_action
from plugins.pipeline_invoke.plugin import PipelineInvoke

REVISION = {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": "a" * 40}


class TestContract(ProviderContract):
    provider = PipelineInvoke()
    configuration = {"PipelineName": "downstream"}

    def request_fields(self, folder):
        return {"pipelines": MemoryPipelines("downstream")}


def invoke(tmp_path, pipelines, **configuration: str):
    request = make_request(tmp_path, {"PipelineName": "downstream", **configuration}, pipelines=pipelines)
    return run_action(PipelineInvoke(), request).result


def test_it_starts_the_pipeline_and_ends(tmp_path):
    pipelines = MemoryPipelines("downstream")
    result = invoke(tmp_path, pipelines)
    assert (result.summary, result.external_id) == ("Started pipeline 'downstream'.", "execution-of-downstream")
    assert pipelines.started == [("downstream", [], [])]


def test_variables_and_source_revisions_go_with_the_start(tmp_path):
    pipelines, variables = MemoryPipelines("downstream"), [{"name": "Depth", "value": "full"}]
    invoke(tmp_path, pipelines, Variables=json.dumps(variables), SourceRevisions=json.dumps([REVISION]))
    assert pipelines.started == [("downstream", variables, [REVISION])]


def test_a_pipeline_that_is_not_there_fails_the_action(tmp_path):
    result = invoke(tmp_path, MemoryPipelines("other"))
    assert (result.code, result.message) == ("ConfigurationError", "There is no pipeline 'downstream'.")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "nothing",
        "[1]",
        "[{}]",
        '[{"name": "A"}]',
        '[{"name": "A", "value": 1}]',
        '[{"name": "A", "value": ""}]',
        '[{"name": "A", "value": "b", "x": "y"}]',
        "[" * 100_000,
    ],
)
def test_lists_that_are_none_fail_the_action_before_anything_starts(tmp_path, text):
    pipelines = MemoryPipelines("downstream")
    result = invoke(tmp_path, pipelines, Variables=text)
    assert (result.code, "Variables must be a JSON array" in result.message) == ("ConfigurationError", True)
    assert pipelines.started == []
