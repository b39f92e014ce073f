"""The tests every provider passes. An author inherits `ProviderContract` or `RuleContract` and names the provider."""

import dataclasses
import inspect
import io
import json
import os
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest

import headrace_sdk
from headrace_sdk import configuration as configuration_check
from headrace_sdk.manifest import disagreements
from headrace_sdk.provider import ActionProvider, Provider, RuleProvider
from headrace_sdk.request import PeerUnavailable, Request
from headrace_sdk.types import Failed, Performer, Property, Running, Succeeded

from .artifacts import MemoryArtifacts
from .doubles import ScriptedPeer
from .run import make_request, step, through_json

SECRET = "hunter2-7c1f9e"
MANY = 1000
BAD_ANSWERS: dict[str, httpx2.Response | Exception] = {
    "is slow": PeerUnavailable("The peer did not answer within 10 seconds."),
    "refuses": PeerUnavailable("The peer cannot be reached."),
    "answers 500": httpx2.Response(500, text="oops"),
    "answers rubbish": httpx2.Response(200, content=b"\x00\xff<html"),
    "answers nothing": httpx2.Response(200, content=b""),
}


def _escaping() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("../escaped", b"x")
    return buffer.getvalue()


BAD_ARTIFACTS = {"is empty": b"", "is no zip": b"not a zip", "escapes its folder": _escaping()}


class _Contract:
    """What holds for actions and rules alike."""

    provider: Provider
    configuration: Mapping[str, str] = {}

    def request_fields(self, folder: Path) -> dict[str, Any]:
        """Return fields of a request under which the action succeeds or runs."""
        return {}

    def request(self, folder: Path, **fields: Any) -> Request:
        """Return a request under which the action works, except for `fields`."""
        artifacts = MemoryArtifacts(folder)
        for number in range(self.provider.input_artifacts[0]):
            artifacts.add_input(f"In{number}", {"index.html": b"<h1>hello</h1>"})
        for number in range(self._outputs()):
            artifacts.add_output(f"Out{number}")
        configuration = {**self.configuration, **dict.fromkeys(self._secrets(), SECRET)}
        return make_request(folder, configuration, artifacts=artifacts, **{**self.request_fields(folder), **fields})

    def test_the_manifest_and_the_class_agree(self) -> None:
        module = inspect.getmodule(type(self.provider))
        assert module is not None
        assert module.__file__ is not None
        manifest = Path(module.__file__).with_name("headrace.toml")
        assert disagreements(manifest, _added_by(module), headrace_sdk.__version__) == []

    def test_every_property_has_help(self) -> None:
        assert [each.name for each in self.provider.properties if not each.help] == []

    def test_the_configuration_is_taken_and_an_unknown_key_is_refused(self) -> None:
        good = {**self.configuration, **dict.fromkeys(self._secrets(), SECRET)}
        assert configuration_check.problems(self.provider.properties, good) == []
        assert configuration_check.problems(self.provider.properties, {**good, "NoSuchKey": "1"}) != []

    def test_a_secret_appears_nowhere(self, tmp_path: Path) -> None:
        self._needs_a_worker()
        for number, fields in enumerate([{}, {"http": _peer("refuses")}]):
            request = self.request(_subfolder(tmp_path, str(number)), **fields)
            result = step(self.provider, "start", request)
            assert SECRET not in repr(dataclasses.asdict(result))
            assert SECRET not in getattr(request.log, "text", "")

    def test_starting_twice_under_one_token_starts_one_thing(self, tmp_path: Path) -> None:
        self._needs_a_worker()
        request = self.request(tmp_path)
        first, second = step(self.provider, "start", request), step(self.provider, "start", request)
        assert not isinstance(first, Failed), first.message
        assert (type(first), first.external_id) == (type(second), second.external_id)

    def test_what_start_returns_survives_json_and_a_new_process(self, tmp_path: Path) -> None:
        self._needs_a_worker()
        request = self.request(tmp_path)
        first = step(self.provider, "start", request)
        if not isinstance(first, Running):
            pytest.skip("ends in one step")
        assert through_json(first) == first
        later = step(type(self.provider)(), "poll", request, through_json(first))
        assert not isinstance(later, Failed), later.message

    @pytest.mark.parametrize("answer", BAD_ANSWERS)
    def test_a_peer_that_misbehaves_fails_the_action_with_a_sentence(self, tmp_path: Path, answer: str) -> None:
        self._needs_a_worker()
        peer = _peer(answer)
        result = step(self.provider, "start", self.request(tmp_path, http=peer))
        if not peer.requests:
            pytest.skip("asks no peer over HTTP")
        assert isinstance(result, Failed)
        assert " " in result.message.strip()

    @pytest.mark.parametrize("artifact", [*BAD_ARTIFACTS, "is missing"])
    def test_a_bad_input_artifact_fails_the_action_with_a_sentence(self, tmp_path: Path, artifact: str) -> None:
        self._needs_a_worker()
        if not self.provider.input_artifacts[0]:
            pytest.skip("takes no input")
        artifacts = MemoryArtifacts(_subfolder(tmp_path, "bad"))
        for number in range(self.provider.input_artifacts[0]):
            if artifact == "is missing":
                artifacts.add_missing_input(f"In{number}")
            else:
                artifacts.add_input(f"In{number}", BAD_ARTIFACTS[artifact])
        result = step(self.provider, "start", self.request(tmp_path, inputs=artifacts.inputs))
        assert isinstance(result, Failed)
        assert " " in result.message.strip()
        assert not list(tmp_path.rglob("escaped"))

    def test_abandon_returns(self, tmp_path: Path) -> None:
        request = self.request(tmp_path)
        assert self.provider.abandon(request, Running(external_id="1")) is None  # type: ignore[func-returns-value]

    def test_a_thousand_polls_leave_no_open_file_or_thread(self, tmp_path: Path) -> None:
        request = self.request(tmp_path)
        step(self.provider, "poll", request, Running(external_id="1"))
        files, threads = _open_files(), threading.active_count()
        for _ in range(MANY):
            step(self.provider, "poll", request, Running(external_id="1"))
        assert (_open_files(), threading.active_count()) == (files, threads)

    def test_a_property_survives_json(self) -> None:
        for each in self.provider.properties:
            fields = json.loads(json.dumps(dataclasses.asdict(each)))
            assert Property(**{**fields, "choices": tuple(fields["choices"])}) == each

    def _secrets(self) -> list[str]:
        return [each.name for each in self.provider.properties if each.secret]

    def _outputs(self) -> int:
        return 0

    def _needs_a_worker(self) -> None:
        """Skip what only a provider that is started by the worker can be tried with."""


class ProviderContract(_Contract):
    """Set `provider`. Set `configuration` to a valid one, and override what else the provider needs to work.

    `request_fields` returns what a working request has besides (http, git, sandbox, commands, host).
    """

    provider: ActionProvider

    def _outputs(self) -> int:
        return self.provider.output_artifacts[0]

    def _needs_a_worker(self) -> None:
        if self.provider.performed_by is not Performer.WORKER:
            pytest.skip("a person does this action")


class RuleContract(_Contract):
    """As ProviderContract, for a rule."""

    provider: RuleProvider

    def test_its_id_is_one_that_a_condition_can_name(self) -> None:
        named = self.provider.rule_type
        assert (named.category, named.owner, named.version) == ("Rule", "AWS", "1")

    def test_it_ends_without_variables_and_revision(self, tmp_path: Path) -> None:
        result = step(self.provider, "start", self.request(tmp_path))
        if isinstance(result, Succeeded):
            assert (dict(result.output_variables), result.revision) == ({}, None)


def _added_by(module: ModuleType) -> list[Provider]:
    hooks = [getattr(module, name, None) for name in ("action_providers", "rule_providers")]
    return [provider for hook in hooks if hook is not None for provider in hook()]


def _peer(answer: str) -> ScriptedPeer:
    return ScriptedPeer(BAD_ANSWERS[answer])


def _subfolder(folder: Path, name: str) -> Path:
    inner = folder / name
    inner.mkdir()
    return inner


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
