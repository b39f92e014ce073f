"""People who look at pipelines and change others while a storm goes on, at a web process of the storm and at another.

What they ask and are told goes to the storm's journal, where it is held against everything else (reads.py).
"""

import contextlib
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.journeys.workshop import APPROVAL, Details, action, definition, noop, stage, unique
from tests.reliability.storm import Storm

LOOK_SECONDS = 0.1
CHANGE_SECONDS = 0.2
CHANGED = 6
Chance = random.Random


class Onlookers:
    """Two who read, one who changes definitions and transitions, and one who approves.

    They read the storm's pipelines and change their own, of another account: a change cancels executions under way.
    Shapes: `url` is their web process.
    """

    def __init__(self, storm: Storm, url: str, seed: int) -> None:
        self.storm, self.seed = storm, seed
        self.account = storm.headrace.create_account("Onlookers")
        self.apis = [self._client(self.account, each) for each in ("", url)]
        self.apis_of_storm = [storm.api, self._client(storm.account, url)]
        self.gate, self.names = unique("gate"), [unique("changed") for _ in range(CHANGED)]
        self._threads: list[threading.Thread] = []

    def _client(self, account: Any, url: str) -> Any:
        client = self.storm.headrace.client(account, url=url, connect_timeout=2, read_timeout=10)
        self.storm.journal.hear(client)
        return client

    def start(self) -> None:
        self._create(self.gate, action("Ask", APPROVAL))
        for name in self.names:
            self._create(name, action("Send", noop("Deploy")))
        for number, work in enumerate([self._look, self._look, self._change, self._approve]):
            chance = Chance(self.seed + number)
            self._threads.append(threading.Thread(target=self._go_on, args=(work, chance), daemon=True))
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _create(self, name: str, last: Details) -> None:
        source = action("Fetch", noop("Source"), outputArtifacts=[{"name": "Code"}])
        stages = [stage("Source", source), stage("Ship", last)]
        self.apis[0].create_pipeline(pipeline=definition(self.account, name, stages, pipelineType="V2"))

    def _go_on(self, work: Callable[[Chance], None], chance: Chance) -> None:
        while not self.storm.done.is_set():
            work(chance)

    def _look(self, chance: Chance) -> None:
        """Look at a pipeline of the storm or at one that is being changed, at either web process."""
        apis, names = chance.choice([(self.apis_of_storm, self.storm.names), (self.apis, self.names)])
        api, name = chance.choice(apis), chance.choice(names)
        match chance.choice(["definition", "state", "executions"]):
            case "definition":
                self.storm.stubbornly(api.get_pipeline, name=name)
            case "state":
                self.storm.stubbornly(api.get_pipeline_state, name=name)
            case "executions":
                self.storm.stubbornly(api.list_pipeline_executions, pipelineName=name)
        time.sleep(LOOK_SECONDS)

    def _change(self, chance: Chance) -> None:
        """Save a definition and start it at one web process; close a transition there and open it at the other."""
        name, turn = chance.choice(self.names), str(chance.randrange(10**9))
        one, other = chance.sample(self.apis, k=2)
        found: Details = self.storm.stubbornly(one.get_pipeline, name=name)["pipeline"]
        found["variables"] = [{"name": "Turn", "defaultValue": turn}]
        self.storm.stubbornly(one.update_pipeline, pipeline=found)
        self.storm.stubbornly(one.start_pipeline_execution, name=name, clientRequestToken=turn)
        gate = {"pipelineName": name, "stageName": "Ship", "transitionType": "Inbound"}
        self.storm.stubbornly(one.disable_stage_transition, **gate, reason="Turned")
        self.storm.stubbornly(other.get_pipeline_state, name=name)
        time.sleep(CHANGE_SECONDS)
        self.storm.stubbornly(other.enable_stage_transition, **gate)
        self.storm.stubbornly(one.get_pipeline_state, name=name)

    def _approve(self, chance: Chance) -> None:
        """Wait for a question at one web process, answer it at the other, and see what the first says then."""
        one, other = chance.sample(self.apis, k=2)
        self.storm.stubbornly(other.start_pipeline_execution, name=self.gate, clientRequestToken=unique("gate"))
        while not (token := self._question(one)):
            if self.storm.done.wait(LOOK_SECONDS):
                return
        result = {"summary": "Seen", "status": "Approved"}
        place = {"pipelineName": self.gate, "stageName": "Ship", "actionName": "Ask"}
        with contextlib.suppress(other.exceptions.ApprovalAlreadyCompletedException):  # by a try that got no answer
            self.storm.stubbornly(other.put_approval_result, **place, result=result, token=token)
        self._question(one)
        time.sleep(CHANGE_SECONDS)

    def _question(self, api: Any) -> str:
        """Return the token of the question that is open. Empty: there is none."""
        ship = self.storm.stubbornly(api.get_pipeline_state, name=self.gate)["stageStates"][1]
        latest = ship["actionStates"][0].get("latestExecution", {})
        return str(latest.get("token", "")) if latest.get("status") == "InProgress" else ""
