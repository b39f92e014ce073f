"""Calls CodePipeline with whatever boto3 is on the path, configured by its environment alone.

Reads calls from standard input, one JSON object a line, and answers each with a line:
{"call": "GetPipeline", "input": {…}} with {"output": {…}}, {"items": "ListPipelines", "key": "pipelines", "input": {…}}
with {"items": […]} through boto3's own paginator, and either with {"error": …, "caught": …, "message": …}, in which
`caught` is the class of the client's exceptions that caught it. Moments are {"moment": seconds since 1970}.
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
            pages = client.get_paginator(xform_name(asked["items"])).paginate(**asked["input"])
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
    print(json.dumps({"version": boto3.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(client, json.loads(line, object_hook=decode)), default=encode), flush=True)


main()
