"""Checks of what an execution, a stage and an action may become."""

from tests.simulation.checks.log import Log, Problems
from tests.simulation.checks.picture import Picture
from tests.simulation.checks.tables import GOING, MOVES, STAGE_MOVES, UNFINISHED


def starts_are_kept(log: Log, now: Picture, before: Picture) -> Problems:
    for promised in log.world.promised - now.executions.keys():
        yield f"the execution {promised} was promised and is not there"


def moves_are_legal(log: Log, now: Picture, before: Picture) -> Problems:
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


def stopping_ends(log: Log, now: Picture, before: Picture) -> Problems:
    running = {row.execution_id for row in now.actions.values() if row.state == "InProgress"}
    for row in now.executions.values():
        if row.state == "Abandoning":
            yield f"{row} is still being abandoned"
        if row.state in {"Stopping", "Cancelling"} and row.pk not in running:
            yield f"{row} has nothing left that runs"


def log_and_rows_agree(log: Log, now: Picture, before: Picture) -> Problems:
    for execution in now.executions.values():
        said = log.states.get(("Execution", execution.pk, ""))
        if said != execution.state:
            yield f"the log says {said} of {execution}"
    for stage in now.stages.values():
        said = log.states.get(("Stage", stage.execution_id, stage.stage))
        if said != stage.state:
            yield f"the log says {said} of {stage}"
    for action in now.actions.values():
        said = log.states.get(("Action", action.pk, ""))
        if said != action.state:
            yield f"the log says {said} of {action}"


def the_deleted_rest(log: Log, now: Picture, before: Picture) -> Problems:
    for row in now.executions.values():
        if row.pipeline_id in now.deleted and row.state in GOING:
            yield f"{row} goes on in a pipeline that was deleted"
    for job in now.jobs.values():
        action = now.actions.get(job.action_execution_id)
        gone = action is not None and now.executions[action.execution_id].pipeline_id in now.deleted
        if gone and job.state in UNFINISHED and not job.is_void:
            yield f"{job} is offered although its pipeline was deleted"
