"""A pytest plugin for moto's tests: nothing is mocked, and each test begins with an empty account.

It runs in moto's environment and imports nothing of ours. HEADRACE_URL is where to tidy up without being watched;
HEADRACE_ELSEWHERE is where moto's server listens.
"""

import os
import urllib.request

import boto3
import moto
import pytest

moto.mock_aws = lambda function: function


@pytest.fixture(autouse=True)
def empty_account() -> None:
    client = boto3.client("codepipeline", region_name="us-east-1", endpoint_url=os.environ["HEADRACE_URL"])
    for page in client.get_paginator("list_pipelines").paginate():
        for pipeline in page["pipelines"]:
            client.delete_pipeline(name=pipeline["name"])
    urllib.request.urlopen(f"{os.environ['HEADRACE_ELSEWHERE']}/moto-api/reset", data=b"").close()
