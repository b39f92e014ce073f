"""The clients, each behind the same two verbs: call an operation, and list all items through the client's paginator.

Every client is configured by its environment alone, as a user who points an existing program at Headrace would do it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import botocore.session
from botocore import xform_name

from tests.compat.clients import installing
from tests.running import CBOR, JSON, REGION, Account, cbor_models

Answer = dict[str, Any]
CLI = Path(sys.executable).with_name("aws")
PYTHON_DRIVER = Path(__file__).parent / "drivers" / "python_sdk.py"
END_SECONDS = 10


class Refused(Exception):
    """The service refused. Shapes: `caught` is the name of the client's own exception class for it, if it has one."""

    def __init__(self, code: str, caught: str | None, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.caught, self.message = code, caught, message


class Caller(Protocol):
    """Shapes: `operations` are those of CodePipeline that the client knows; `protocol` is JSON or CBOR."""

    version: str
    protocol: str
    operations: set[str]

    def call(self, operation: str, **parameters: Any) -> Answer: ...

    def items(self, operation: str, key: str, size: int = 0, **parameters: Any) -> list[Any]:
        """Return all items of a list, fetched in pages of `size`, or of what the service gives."""

    def close(self) -> None: ...


def environment_of(account: Account, url: str) -> dict[str, str]:
    """Return the variables that a user sets, beside those that any program needs; no configuration files are read."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HEADRACE_DATA_DIR"],
        "AWS_ACCESS_KEY_ID": account["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": account["secret_access_key"],
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_CODEPIPELINE": url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class Driver:
    """A program that reads calls as lines and answers each with a line (see drivers/python_sdk.py)."""

    def __init__(self, command: list[str | Path], environment: Mapping[str, str], protocol: str) -> None:
        self.protocol = protocol
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        greeting = self._read()
        self.version: str = greeting["version"]
        self.operations: set[str] = set(greeting["operations"])

    def _read(self) -> Answer:
        line = self._process.stdout.readline()  # type: ignore[union-attr]
        assert line, f"The client's program ended with status {self._process.wait()}"
        return json.loads(line, object_hook=_moments)

    def _ask(self, asked: Answer) -> Answer:
        self._process.stdin.write(json.dumps(asked, default=_as_moment) + "\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]
        answer = self._read()
        if "error" in answer:
            raise Refused(answer["error"], answer["caught"], answer["message"])
        return answer

    def call(self, operation: str, **parameters: Any) -> Answer:
        return self._ask({"call": operation, "input": parameters})["output"]

    def items(self, operation: str, key: str, size: int = 0, **parameters: Any) -> list[Any]:
        return self._ask({"items": operation, "key": key, "size": size, "input": parameters})["items"]

    def close(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._process.kill()
        self._process.stdout.close()  # type: ignore[union-attr]


class CommandLine:
    """The aws CLI: one process a call, input and output as its JSON."""

    protocol = JSON

    def __init__(self, account: Account, url: str) -> None:
        settings = Path(os.environ["HEADRACE_DATA_DIR"]) / "aws-cli-config"
        settings.write_text("[default]\ncli_timestamp_format = iso8601\n")
        self._environment = {**environment_of(account, url), "AWS_CONFIG_FILE": str(settings), "AWS_PAGER": ""}
        printed = subprocess.run([CLI, "--version"], env=self._environment, capture_output=True, text=True, check=True)
        self.version = printed.stdout.split()[0].partition("/")[2]
        self._model = botocore.session.get_session().get_service_model("codepipeline")
        self.operations = set(self._model.operation_names)

    def call(self, operation: str, **parameters: Any) -> Answer:
        command = [CLI, "codepipeline", xform_name(operation, "-"), "--output", "json"]
        return self._run(operation, [*command, "--cli-input-json", json.dumps(parameters, default=str)])

    def items(self, operation: str, key: str, size: int = 0, **parameters: Any) -> list[Any]:
        """It goes over all pages by itself; how large they are is an option of most lists."""
        sized = ["--page-size", str(size)] if size else []
        command = [CLI, "codepipeline", xform_name(operation, "-"), "--output", "json", *sized]
        return self._run(operation, [*command, "--cli-input-json", json.dumps(parameters, default=str)])[key]

    def _run(self, operation: str, command: list[str | Path]) -> Answer:
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True)
        if done.returncode:
            raise self._refusal(done)
        shape = self._model.operation_model(operation).output_shape
        return _dated(json.loads(done.stdout or "{}"), shape)

    def _refusal(self, done: subprocess.CompletedProcess[str]) -> Exception:
        """Read "An error occurred (Code) when calling the Operation operation: message"."""
        before, found, message = done.stderr.strip().partition(" operation: ")
        code = before.partition("(")[2].partition(")")[0]
        if done.returncode != 255 or not found or not code:
            return AssertionError(f"aws ended with status {done.returncode}: {done.stderr}")
        return Refused(code, code, message)

    def close(self) -> None:
        """Nothing of it runs between calls."""


def _as_moment(value: datetime) -> dict[str, float]:
    return {"moment": value.timestamp()}


def _moments(found: Answer) -> Any:
    return datetime.fromtimestamp(found["moment"]).astimezone() if found.keys() == {"moment"} else found


def _dated(value: Any, shape: Any) -> Any:
    """Return what the CLI printed, with moments as such where the service model has them."""
    match shape.type_name if shape is not None else "":
        case "structure":
            return {name: _dated(each, shape.members[name]) for name, each in value.items()}
        case "list":
            return [_dated(each, shape.member) for each in value]
        case "timestamp":
            return datetime.fromisoformat(value)
    return value


def boto3_json(account: Account, url: str) -> Caller:
    return Driver([sys.executable, PYTHON_DRIVER], environment_of(account, url), JSON)


def boto3_cbor(account: Account, url: str) -> Caller:
    environment = {**environment_of(account, url), "AWS_DATA_PATH": cbor_models()}
    return Driver([sys.executable, PYTHON_DRIVER], environment, CBOR)


def boto3_1_34(account: Account, url: str) -> Caller:
    """Without `site`, Python finds nothing but that boto3."""
    environment = {**environment_of(account, url), "PYTHONPATH": str(installing.boto3_1_34())}
    return Driver([sys.executable, "-S", PYTHON_DRIVER], environment, JSON)


def javascript_json(account: Account, url: str) -> Caller:
    return _javascript(account, url, JSON)


def javascript_cbor(account: Account, url: str) -> Caller:
    return _javascript(account, url, CBOR, "cbor")


def _javascript(account: Account, url: str, protocol: str, *arguments: str) -> Caller:
    folder = installing.javascript()
    return Driver(["node", folder / "driver.mjs", *arguments], environment_of(account, url), protocol)
