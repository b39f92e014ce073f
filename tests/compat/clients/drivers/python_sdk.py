"""Calls CodePipeline with whatever boto3 is on the path, configured by its environment alone.

The first line that it writes says what it is: {"version": …, "operations": […]}. Then it reads calls, one JSON object a
line, and answers each with a line:

    {"call": "GetPipeline", "input": {…}}                                        {"output": {…}}
    {"items": "ListPipelines", "key": "pipelines", "size": 0, "input": {…}}      {"items": […]}

The latter go through boto3's own paginator; a size of 0 leaves the size of pages to the service. The answer to either
may be {"error": …, "caught": …, "message": …}, where `caught` is the class of the client's exceptions that caught it.
Moments are {"moment": seconds since 1970}.
"""

import json
import sys
from datetime import datetime

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError


def encode(value):
    if isinstance(value, datetime):
        return {"moment": value.timestamp()}
    raise TypeError(f"{value!r} has no form in JSON.")


def decode(found):
    return datetime.fromtimestamp(found["moment"]).astimezone() if found.keys() == {"moment"} else found


def answer(client, asked):
    try:
        if "items" in asked:
            sized = {"PaginationConfig": {"PageSize": asked["size"]}} if asked["size"] else {}
            pages = client.get_paginator(xform_name(asked["items"])).paginate(**asked["input"], **sized)
            return {"items": [item for page in pages for item in page[asked["key"]]]}
        output = getattr(client, xform_name(asked["call"]))(**asked["input"])
        return {"output": {name: value for name, value in output.items() if name != "ResponseMetadata"}}
    except ClientError as error:
        code = error.response["Error"]["Code"]
        known = {name for name in dir(client.exceptions) if name == code}
        caught = next((name for name in known if isinstance(error, getattr(client.exceptions, name))), None)
        return {"error": code, "caught": caught, "message": error.response["Error"]["Message"]}


def main():
    client = boto3.client("codepipeline")
    operations = list(client.meta.service_model.operation_names)
    print(json.dumps({"version": boto3.__version__, "operations": operations}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(client, json.loads(line, object_hook=decode)), default=encode), flush=True)


main()
