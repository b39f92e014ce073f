"""Checks of what runs in a stage: actions, their jobs, and the rules of conditions."""

from collections import Counter
from uuid import UUID

from tests.simulation.checks.log import Log, Problems
from tests.simulation.checks.picture import Picture
from tests.simulation.checks.tables import AT_ONCE_IN_PARALLEL, UNFINISHED


def results_count_once(log: Log, now: Picture, before: Picture) -> Problems:
    for job, times in log.job_ends.items():
        if times > 1:
            yield f"the job {job} ended {times} times"


def continuations_are_chains(log: Log, now: Picture, before: Picture) -> Problems:
    jobs = Counter(job.action_execution_id for job in now.jobs.values() if job.action_execution_id in now.actions)
    for key, number in jobs.items():
        if number != log.continued[key] + 1:
            yield f"the action {key} has {number} jobs after {log.continued[key]} continuations"


def run_orders_are_kept(log: Log, now: Picture, before: Picture) -> Problems:
    for stage in now.stages.values():
        rows = {row.action: row for row in now.current_actions(stage)}
        declared = log.plan(now.executions[stage.execution_id])[stage.stage]["actions"]
        for action in declared:
            if action["name"] not in rows:
                continue
            for other in declared:
                lower = other["runOrder"] < action["runOrder"]
                if lower and (other["name"] not in rows or rows[other["name"]].state != "Succeeded"):
                    yield f"{action['name']} of {stage} started before {other['name']} had succeeded"


def parallel_has_its_limits(log: Log, now: Picture, before: Picture) -> Problems:
    running = Counter(row.execution_id for row in now.actions.values() if row.state == "InProgress")
    for key, number in running.items():
        if now.executions[key].mode == "PARALLEL" and number > AT_ONCE_IN_PARALLEL:
            yield f"{now.executions[key]} runs {number} actions at once"


def time_limits_hold(log: Log, now: Picture, before: Picture) -> Problems:
    checked = log.world.checked_time
    for job in now.jobs.values():
        if job.state in UNFINISHED and not job.is_void and job.deadline_at <= checked:
            yield f"{job} should have ended by {job.deadline_at}, and the duties were done at {checked}"


def inputs_are_what_was_made(log: Log, now: Picture, before: Picture) -> Problems:
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


def conditions_are_asked_in_turn(log: Log, now: Picture, before: Picture) -> Problems:
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


def one_automatic_retry(log: Log, now: Picture, before: Picture) -> Problems:
    for stage in now.stages.values():
        if stage.automatic_retries > 1:
            yield f"{stage} was retried {stage.automatic_retries} times by itself"
