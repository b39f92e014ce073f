"""What must hold after each step. Each check is named after its row in the reliability contract.

The tables here are written from the reference's state machines, not from the engine's: what the engine allows and what
is allowed are two things.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from apps.core.statements import Statement
from apps.events.chain import event_hash
from apps.events.models import GENESIS, Event
from apps.executions.models import (
    ActionExecution,
    ConditionExecution,
    PipelineExecution,
    RuleExecution,
    StageExecution,
)
from apps.jobs.models import Job
from apps.pipelines.models import Pipeline, PipelineVersion, StageTransition
from tests.simulation.approvals import approvals_are_of_enough_people
from tests.simulation.steps import Violation
from tests.simulation.world import World

GOING = {"InProgress", "Stopping", "Abandoning", "Cancelling"}
HOLDING = {"InProgress", "Stopping", "Cancelling"}
UNFINISHED = {"Queued", "Dispatched", "InProgress"}
AT_ONCE_IN_PARALLEL = 5
MOVES = {
    "InProgress": {"Stopping", "Stopped", "Cancelling", "Cancelled", "Superseded", "Failed", "Succeeded"},
    "Stopping": {"Stopped", "Cancelling", "Cancelled"},
    "Cancelling": {"Cancelled", "Stopping", "Stopped"},
    "Failed": {"InProgress", "Stopping", "Stopped", "Succeeded", "Superseded"},
    "Stopped": {"InProgress", "Failed", "Succeeded"},
    "Succeeded": set(),
    "Superseded": set(),
    "Cancelled": set(),
}
STAGE_MOVES = {
    "InProgress": {"Stopping", "Stopped", "Cancelling", "Cancelled", "Failed", "Succeeded", "Skipped", "Rejected"},
    "Stopping": {"Stopped", "Cancelling", "Cancelled"},
    "Cancelling": {"Cancelled", "Stopping", "Stopped"},
    "Failed": {"InProgress", "Succeeded", "Skipped", "Rejected"},
    "Stopped": {"InProgress", "Failed", "Succeeded"},
    "Succeeded": set(),
    "Cancelled": set(),
    "Skipped": set(),
    "Rejected": {"Succeeded"},
}
ACTION_ENDS = {"Succeeded", "Failed", "Abandoned"}


STALE_AFTER = timedelta(days=30)  # the reference, not the engine, says so: codepipeline.md 5.9
# Read after each step, so composed once.
EXECUTIONS = Statement(
    lambda account: (
        PipelineExecution.objects.filter(account=account)
        .defer("artifacts", "outputs", "overrides", "variables", "revisions")
        .order_by("pk")
    ),
    account=PipelineExecution.account,
)
STAGES = Statement(
    lambda account: StageExecution.objects.filter(account=account).order_by("pk"), account=StageExecution.account
)
ACTIONS = Statement(
    lambda account: (
        ActionExecution.objects.filter(account=account)
        .defer("configuration", "resolved_configuration", "output_variables", "revision")
        .order_by("pk")
    ),
    account=ActionExecution.account,
)
JOBS = Statement(
    lambda account: Job.objects.filter(account=account).defer("order", "sealed_secrets").order_by("created_at", "pk"),
    account=Job.account,
)
RULES = Statement(
    lambda account: (
        RuleExecution.objects.filter(account=account)
        .defer("configuration", "resolved_configuration", "input_artifacts")
        .order_by("pk")
    ),
    account=RuleExecution.account,
)
CONDITIONS = Statement(
    lambda account: ConditionExecution.objects.filter(account=account).order_by("pk"),
    account=ConditionExecution.account,
)
CLOSED = Statement(
    lambda account: (
        StageTransition.objects.filter(account=account, enabled=False)
        .order_by()
        .values_list("pipeline_id", "stage", "side")
    ),
    account=StageTransition.account,
)
DELETED = Statement(
    lambda account: Pipeline.objects.filter(account=account).exclude(deleted_at=None).order_by().values_list("pk"),
    account=Pipeline.account,
)
EVENTS = Statement(
    lambda account, after: Event.objects.filter(account=account, sequence__gt=after).order_by("sequence"),
    account=Event.account,
    after=Event.sequence,
)


class Picture:
    """The rows of one account at one moment."""

    def __init__(self, world: World) -> None:
        account = world.account.pk
        self.executions = {row.pk: row for row in EXECUTIONS.rows(account=account)}
        self.stages = {row.pk: row for row in STAGES.rows(account=account)}
        self.actions = {row.pk: row for row in ACTIONS.rows(account=account)}
        self.conditions = {row.pk: row for row in CONDITIONS.rows(account=account)}
        self.rules = {row.pk: row for row in RULES.rows(account=account)}
        self.jobs = {row.pk: row for row in JOBS.rows(account=account)}
        self.closed = set(CLOSED.rows(account=account))
        self.deleted = {key for (key,) in DELETED.rows(account=account)}

    def current_actions(self, stage: StageExecution) -> list[ActionExecution]:
        return [row for row in self.actions.values() if row.stage_execution_id == stage.pk and row.is_current]

    def stage_of(self, row: PipelineExecution) -> StageExecution | None:
        """Return the stage that an execution is inside or ended in."""
        for stage in self.stages.values():
            if stage.execution_id == row.pk and stage.stage == row.stage:
                return stage
        return None


class Checker:
    """Checks a world again and again, remembering what it saw before."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.before: Picture | None = None
        self.sequence, self.head = 0, GENESIS
        self.states: dict[tuple[str, UUID, str], str] = {}
        self.settled: set[UUID] = set()
        self.job_ends: Counter[str] = Counter()
        self.continued: Counter[UUID] = Counter()
        self.entered: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.shut: set[tuple[str, str]] = set()
        self.stopping: set[UUID] = set()
        self.plans: dict[tuple[int, int], dict[str, Any]] = {}

    def check(self) -> None:
        now = Picture(self.world)
        self._events(now)
        for number, check in CHECKS.items():
            for problem in check(self, now, self.before or now):
                raise Violation(f"{number}: {problem}")
        self.before = now

    def plan(self, row: PipelineExecution) -> dict[str, Any]:
        """Return the definition that an execution runs by."""
        key = (row.pipeline_id, row.version)
        if key not in self.plans:
            found = PipelineVersion.objects.get(pipeline_id=row.pipeline_id, version=row.version)
            self.plans[key] = {stage["name"]: stage for stage in found.declaration["stages"]}
        return self.plans[key]

    def _events(self, now: Picture) -> None:
        """INV-28, and what the log says happened: the checks below hold it against the rows."""
        for event in EVENTS.rows(account=self.world.account.pk, after=self.sequence):
            if event.sequence != self.sequence + 1 or event.previous_hash != self.head:
                raise Violation(f"INV-28: event {event.sequence} does not follow {self.sequence}")
            facts = {
                name: getattr(event, name)
                for name in (
                    "kind", "account_id", "at", "pipeline", "execution_id", "stage", "action", "action_execution_id",
                    "data", "sequence",
                )
            }  # fmt: skip
            if event_hash(self.head, facts) != event.hash:
                raise Violation(f"INV-28: the hash of event {event.sequence} is not that of its content")
            self.sequence, self.head = event.sequence, event.hash
            self._read(event, now)

    def _read(self, event: Event, now: Picture) -> None:
        subject, state = _subject_and_state(event.kind)
        if subject == "Execution" and event.execution_id:
            self._read_execution(event, state)
        elif subject == "Stage" and event.execution_id:
            self._read_stage(event, state, now)
        elif subject == "Action" and event.action_execution_id:
            self._read_action(event, state)
        elif event.kind in {"JobSucceeded", "JobFailed", "JobTimedOut", "JobContinued"}:
            self.job_ends[event.data["job"]] += 1
            if event.kind == "JobContinued" and event.action_execution_id:
                self.continued[event.action_execution_id] += 1
        elif event.kind in {"TransitionDisabled", "TransitionEnabled"}:
            gate = (event.stage, event.data["side"])
            self.shut = self.shut | {gate} if event.kind == "TransitionDisabled" else self.shut - {gate}
        elif event.kind == "PipelineUpdated":
            kept = set(self.world.stage_names())
            self.shut = {(stage, side) for stage, side in self.shut if stage in kept}
        elif event.kind == "PipelineDeleted":
            self.shut = set()
            self.entered.clear()

    def _read_execution(self, event: Event, state: str) -> None:
        if event.kind == "ExecutionStopRequested":
            self.stopping.add(event.execution_id)
        if state in {"Started", "Resumed"}:
            self.stopping.discard(event.execution_id)
        if state:
            self.states["Execution", event.execution_id, ""] = (
                "InProgress" if state in {"Started", "Resumed"} else state
            )

    def _read_stage(self, event: Event, state: str, now: Picture) -> None:
        if not state:
            return
        key = ("Stage", event.execution_id, event.stage)
        self.states[key] = "InProgress" if state in {"Started", "Resumed"} else state
        row = now.executions[event.execution_id]
        if state != "Started" or row.type == "ROLLBACK":
            return
        plan = list(self.plan(row))
        before = plan[plan.index(event.stage) - 1] if plan.index(event.stage) else None
        if {(event.stage, "Inbound"), (before, "Outbound")} & self.shut:
            raise Violation(f"INV-18: execution {row.number} entered {event.stage} through a disabled transition")
        if row.mode == "QUEUED":
            self.entered[str(row.pipeline_id), event.stage].append(row.number)

    def _read_action(self, event: Event, state: str) -> None:
        key = event.action_execution_id
        if state == "Started":
            if event.execution_id in self.stopping:
                raise Violation(f"INV-19: {event.stage}/{event.action} started after a stop was asked for")
            self.states["Action", key, ""] = "InProgress"
        elif state in ACTION_ENDS:
            if key in self.settled:
                raise Violation(f"INV-10: {event.stage}/{event.action} ended twice")
            self.settled.add(key)
            self.states["Action", key, ""] = state


def _subject_and_state(kind: str) -> tuple[str, str]:
    for subject in ("Execution", "Stage", "Action"):
        if kind.startswith(subject):
            state = kind.removeprefix(subject)
            known = {"Started", "Resumed", *MOVES, "Cancelling", "Abandoning", "Skipped", "Abandoned", "Rejected"}
            return subject, state if state in known else ""
    return "", ""


Problems = Iterable[str]


def starts_are_kept(checker: Checker, now: Picture, before: Picture) -> Problems:
    for promised in checker.world.promised - now.executions.keys():
        yield f"the execution {promised} was promised and is not there"


def moves_are_legal(checker: Checker, now: Picture, before: Picture) -> Problems:
    for name, table in (("executions", MOVES), ("stages", STAGE_MOVES)):
        for key, row in getattr(now, name).items():
            earlier = getattr(before, name).get(key)
            if earlier and earlier.state != row.state and row.state not in reachable(table, earlier.state):
                yield f"{row} came from {earlier.state}"
    for key, action in now.actions.items():
        was = before.actions.get(key)
        if was and was.state != "InProgress" and was.state != action.state:
            yield f"the action {action} was {was.state}"


def reachable(table: dict[str, set[str]], state: str) -> set[str]:
    """One step may make several moves."""
    found, ahead = set(), {state}
    while ahead:
        found |= ahead
        ahead = {each for one in ahead for each in table.get(one, set())} - found
    final = {"Succeeded", "Superseded", "Cancelled"}
    return set() if state in final else found


def results_count_once(checker: Checker, now: Picture, before: Picture) -> Problems:
    for job, times in checker.job_ends.items():
        if times > 1:
            yield f"the job {job} ended {times} times"


def continuations_are_chains(checker: Checker, now: Picture, before: Picture) -> Problems:
    jobs = Counter(job.action_execution_id for job in now.jobs.values() if job.action_execution_id in now.actions)
    for key, number in jobs.items():
        if number != checker.continued[key] + 1:
            yield f"the action {key} has {number} jobs after {checker.continued[key]} continuations"


def one_execution_in_a_stage(checker: Checker, now: Picture, before: Picture) -> Problems:
    inside = Counter(
        (row.pipeline_id, row.stage)
        for row in now.stages.values()
        if row.state in HOLDING and now.executions[row.execution_id].mode != "PARALLEL"
    )
    for place, number in inside.items():
        if number > 1:
            yield f"{number} executions are inside {place}"


def locks_are_of_the_living(checker: Checker, now: Picture, before: Picture) -> Problems:
    for stage in now.stages.values():
        execution = now.executions[stage.execution_id]
        if stage.state in HOLDING and (execution.state not in GOING or execution.stage != stage.stage):
            yield f"{stage} is held by {execution}, which is at {execution.stage}"
    for action in now.actions.values():
        if action.state == "InProgress" and now.stages[action.stage_execution_id].state not in HOLDING:
            yield f"{action} runs in {now.stages[action.stage_execution_id]}"


def waiting_is_orderly(checker: Checker, now: Picture, before: Picture) -> Problems:
    waiting: Counter[tuple[int, str]] = Counter()
    for row in now.executions.values():
        if row.waiting and row.state == "InProgress" and row.mode == "SUPERSEDED" and row.type == "STANDARD":
            waiting[row.pipeline_id, row.stage] += 1
        earlier = before.executions.get(row.pk)
        if row.state == "Superseded":
            newer = now.executions.get(row.superseded_by)
            if row.mode != "SUPERSEDED" or newer is None or newer.number <= row.number:
                yield f"{row} of mode {row.mode} was superseded by {newer}"
            inside = now.stage_of(row)
            if earlier and earlier.state != "Superseded" and inside and inside.state in HOLDING:
                yield f"{row} was superseded inside {row.stage}"
    for place, number in waiting.items():
        if number > 1:
            yield f"{number} executions wait at {place}"


def queues_keep_their_order(checker: Checker, now: Picture, before: Picture) -> Problems:
    for place, numbers in checker.entered.items():
        if numbers != sorted(set(numbers)):
            yield f"the executions entered {place} in the order {numbers}"


def run_orders_are_kept(checker: Checker, now: Picture, before: Picture) -> Problems:
    for stage in now.stages.values():
        rows = {row.action: row for row in now.current_actions(stage)}
        declared = checker.plan(now.executions[stage.execution_id])[stage.stage]["actions"]
        for action in declared:
            if action["name"] not in rows:
                continue
            for other in declared:
                lower = other["runOrder"] < action["runOrder"]
                if lower and (other["name"] not in rows or rows[other["name"]].state != "Succeeded"):
                    yield f"{action['name']} of {stage} started before {other['name']} had succeeded"


def stopping_ends(checker: Checker, now: Picture, before: Picture) -> Problems:
    running = {row.execution_id for row in now.actions.values() if row.state == "InProgress"}
    for row in now.executions.values():
        if row.state == "Abandoning":
            yield f"{row} is still being abandoned"
        if row.state in {"Stopping", "Cancelling"} and row.pk not in running:
            yield f"{row} has nothing left that runs"


def the_stale_stay_outside(checker: Checker, now: Picture, before: Picture) -> Problems:
    """Who waited for too long is woken by a new start alone."""
    started = {row.pipeline_id for row in now.executions.values() if row.pk not in before.executions}
    for earlier in before.executions.values():
        if not earlier.waiting or checker.world.now - earlier.waiting_since <= STALE_AFTER:
            continue
        if earlier.pipeline_id in started:
            continue
        row = now.executions.get(earlier.pk)
        inside = now.stage_of(row) if row and not row.waiting and row.state in GOING else None
        if inside and inside.state in HOLDING:
            yield f"{row} entered {row.stage}, for which it waited since {earlier.waiting_since}"


def time_limits_hold(checker: Checker, now: Picture, before: Picture) -> Problems:
    checked = checker.world.checked_time
    for job in now.jobs.values():
        if job.state in UNFINISHED and not job.is_void and job.deadline_at <= checked:
            yield f"{job} should have ended by {job.deadline_at}, and the duties were done at {checked}"


def inputs_are_what_was_made(checker: Checker, now: Picture, before: Picture) -> Problems:
    for action in now.actions.values():
        for item in action.input_artifacts:
            maker = now.actions.get(UUID(item["made_by"]))
            made = {(each["bucket"], each["key"]) for each in maker.output_artifacts} if maker else set()
            own = maker and maker.execution_id == action.execution_id
            rolled_back = now.executions[action.execution_id].type == "ROLLBACK"
            if maker is None or not (own or rolled_back) or maker.state != "Succeeded":
                yield f"{action} takes {item['name']} of {maker}"
            elif (item["bucket"], item["key"]) not in made:
                yield f"{action} takes {item['key']}, which {maker} did not make"


def nothing_stalls(checker: Checker, now: Picture, before: Picture) -> Problems:
    live = {job.action_execution_id for job in now.jobs.values() if job.state in UNFINISHED and not job.is_void}
    for row in now.executions.values():
        if row.state not in GOING:
            continue
        if row.waiting:
            if not reason_to_wait(checker, now, row):
                yield f"{row} number {row.number} waits at {row.stage} for nothing"
        elif not any(work in live for work in work_of(now, row)):
            yield f"{row} number {row.number} is inside {row.stage} and nothing runs"


def work_of(now: Picture, row: PipelineExecution) -> list[UUID]:
    """Return what runs for an execution: its actions, and the rules of its conditions."""
    running = [*now.actions.values(), *now.rules.values()]
    return [each.pk for each in running if each.execution_id == row.pk and each.state == "InProgress"]


def reason_to_wait(checker: Checker, now: Picture, row: PipelineExecution) -> bool:
    plan = list(checker.plan(row))
    position = plan.index(row.stage)
    gates = {(row.pipeline_id, row.stage, "Inbound")}
    gates |= {(row.pipeline_id, plan[position - 1], "Outbound")} if position else set()
    stale = row.waiting_since and checker.world.now - row.waiting_since > STALE_AFTER
    if stale or (gates & now.closed and row.type == "STANDARD"):
        return True
    if row.mode == "PARALLEL":
        return False
    others = [each for each in now.executions.values() if each.mode != "PARALLEL" and each.pk != row.pk]
    occupied = any(
        stage.stage == row.stage and stage.state in HOLDING and stage.pipeline_id == row.pipeline_id
        for stage in now.stages.values()
        if now.executions[stage.execution_id].mode != "PARALLEL"
    )
    ahead = any(
        each.waiting and each.stage == row.stage and each.state == "InProgress" and each.number < row.number
        for each in others
        if each.pipeline_id == row.pipeline_id
    )
    return occupied or ahead


def log_and_rows_agree(checker: Checker, now: Picture, before: Picture) -> Problems:
    for execution in now.executions.values():
        said = checker.states.get(("Execution", execution.pk, ""))
        if said != execution.state:
            yield f"the log says {said} of {execution}"
    for stage in now.stages.values():
        said = checker.states.get(("Stage", stage.execution_id, stage.stage))
        if said != stage.state:
            yield f"the log says {said} of {stage}"
    for action in now.actions.values():
        said = checker.states.get(("Action", action.pk, ""))
        if said != action.state:
            yield f"the log says {said} of {action}"


def parallel_has_its_limits(checker: Checker, now: Picture, before: Picture) -> Problems:
    running = Counter(row.execution_id for row in now.actions.values() if row.state == "InProgress")
    for key, number in running.items():
        if now.executions[key].mode == "PARALLEL" and number > AT_ONCE_IN_PARALLEL:
            yield f"{now.executions[key]} runs {number} actions at once"


def conditions_are_asked_in_turn(checker: Checker, now: Picture, before: Picture) -> Problems:
    """Reference 5.13: entry, then actions, then success or failure; rules run in a held stage or after a failure."""
    for condition in now.conditions.values():
        stage = now.stages[condition.stage_execution_id]
        rules = [rule for rule in now.rules.values() if rule.condition_id == condition.pk]
        running = [rule for rule in rules if rule.state == "InProgress"]
        if condition.state != "InProgress" and running:
            yield f"{condition} has ended and {running} go on"
        if condition.state == "InProgress" and not running:
            yield f"{condition} is asked and no rule runs"
        if condition.state == "InProgress" and not condition.is_current:
            yield f"{condition} is asked although a retry has begun anew"
        if condition.state == "Succeeded" and any(rule.state != "Succeeded" for rule in rules):
            yield f"{condition} although {rules}"
        acting = any(row.state == "InProgress" for row in now.current_actions(stage))
        if condition.state == "InProgress" and acting:
            yield f"{condition} is asked while actions of {stage} run"
        closed = condition.kind == "BEFORE_ENTRY" and condition.state in {"InProgress", "Failed"}
        since = [row for row in now.current_actions(stage) if row.started_at >= condition.started_at]
        if closed and condition.is_current and since:
            yield f"{since} started although {condition}"


def one_automatic_retry(checker: Checker, now: Picture, before: Picture) -> Problems:
    for stage in now.stages.values():
        if stage.automatic_retries > 1:
            yield f"{stage} was retried {stage.automatic_retries} times by itself"


def rollbacks_stay_in_their_stage(checker: Checker, now: Picture, before: Picture) -> Problems:
    entered: dict[UUID, list[str]] = defaultdict(list)
    for stage in now.stages.values():
        if now.executions[stage.execution_id].type == "ROLLBACK":
            entered[stage.execution_id].append(stage.stage)
    for key, stages in entered.items():
        if len(stages) > 1:
            yield f"the rollback {now.executions[key]} went through {stages}"


def the_deleted_rest(checker: Checker, now: Picture, before: Picture) -> Problems:
    for row in now.executions.values():
        if row.pipeline_id in now.deleted and row.state in GOING:
            yield f"{row} goes on in a pipeline that was deleted"
    for job in now.jobs.values():
        action = now.actions.get(job.action_execution_id)
        gone = action is not None and now.executions[action.execution_id].pipeline_id in now.deleted
        if gone and job.state in UNFINISHED and not job.is_void:
            yield f"{job} is offered although its pipeline was deleted"


CHECKS = {
    "INV-01": starts_are_kept,
    "INV-05, INV-06": moves_are_legal,
    "INV-09": results_count_once,
    "INV-11": continuations_are_chains,
    "INV-13": one_execution_in_a_stage,
    "INV-14": locks_are_of_the_living,
    "INV-15": waiting_is_orderly,
    "INV-16": queues_keep_their_order,
    "INV-17": parallel_has_its_limits,
    "INV-19": run_orders_are_kept,
    "INV-20": stopping_ends,
    "INV-21": approvals_are_of_enough_people,
    "INV-22": time_limits_hold,
    "INV-24": inputs_are_what_was_made,
    "INV-25": nothing_stalls,
    "INV-29": log_and_rows_agree,
    "INV-32": the_deleted_rest,
    "5.9": the_stale_stay_outside,
    "5.11": one_automatic_retry,
    "5.12": rollbacks_stay_in_their_stage,
    "5.13": conditions_are_asked_in_turn,
}
