"""Where each rule of CodePipeline's engine stands. Pure.

`where` is "<module>:<name>", a module of the engine without its package. Source: reference sections 5.2 to 5.18.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """`shown_by` names the conformance statements that show it over the wire."""

    section: str
    says: str
    where: str
    shown_by: str = ""


SECTIONS = {
    "start": "Starting",
    "lock": "Stage lock and waiting",
    "modes": "Execution modes",
    "order": "Run order",
    "transitions": "Transitions",
    "stop": "Stop",
    "update": "Update and delete",
    "retry": "Retry",
    "rollback": "Rollback",
    "conditions": "Conditions",
    "override": "Overriding a condition",
    "ends": "How an execution ends",
    "time": "Time",
    "variables": "Variables and artifacts",
}

RULES: tuple[Rule, ...] = (
    Rule(
        "start", "A start is admitted, then enters its first stage under the same rules as any stage.", "requests:start"
    ),
    Rule("start", "Every start runs all source actions again.", "stage:_act"),
    Rule(
        "lock", "A stage processes one execution at a time, which locks it on entry.", "board:Board.is_locked", "CP-084"
    ),
    Rule(
        "lock",
        "The lock is held while the stage is InProgress, Stopping or being cancelled; an approval keeps it.",
        "snapshot:ExecutionView.holds_its_stage",
    ),
    Rule(
        "lock",
        "A failed stage does not block: the next waiting execution may enter.",
        "board:Board.is_locked",
        "CP-094",
    ),
    Rule("lock", "An execution that finished a stage goes to the entry of the next.", "stage:leave"),
    Rule(
        "lock",
        "It enters when the stage is unlocked and the transition is enabled, at once if both hold.",
        "decide:_wait_or_enter",
    ),
    Rule("lock", "Whoever enters is the stage's latest execution.", "board:Board.enter"),
    Rule(
        "modes",
        "SUPERSEDED: a newer arrival replaces the one that waits; who is inside is never superseded.",
        "decide:_wait_or_enter",
        "CP-085, CP-086",
    ),
    Rule(
        "modes",
        "QUEUED: waiters enter in start order; nobody is overtaken or superseded.",
        "decide:_wait_or_enter",
        "CP-088",
    ),
    Rule("modes", "PARALLEL: no lock, nobody waits for anybody.", "board:Board.waiters", "CP-090"),
    Rule("modes", "PARALLEL: at most 5 actions of one execution run at once.", "stage:_start_missing", "CP-091"),
    Rule("order", "Actions of equal runOrder start together.", "plan:StagePlan.groups", "CP-081"),
    Rule("order", "The next runOrder starts when all of the lower one Succeeded.", "stage:_act", "CP-082"),
    Rule(
        "order",
        "After a failure running siblings are left to finish and later groups never start; then the stage fails.",
        "stage:work",
        "CP-083",
    ),
    Rule(
        "order",
        "A result settles its action; one about an abandoned or repeated action changes nothing.",
        "requests:settle",
        "CP-148",
    ),
    Rule(
        "transitions",
        "A disabled transition, inbound of the stage or outbound of the one before, holds executions at the entry.",
        "board:Board.is_open",
        "CP-097, CP-102",
    ),
    Rule(
        "transitions",
        "Executions already past it continue; on enable the waiting one enters.",
        "decide:_wait_or_enter",
        "CP-099, CP-101",
    ),
    Rule(
        "transitions",
        "Who has waited for more than 30 days does not resume until a new start.",
        "requests:start",
        "CP-103",
    ),
    Rule("stop", "Stop and wait: running actions finish, nothing new starts, then Stopped.", "requests:stop", "CP-104"),
    Rule(
        "stop",
        "Stop and abandon: running actions become Abandoned, the execution Stopped.",
        "requests:_abandon_actions",
        "CP-105",
    ),
    Rule(
        "stop",
        "Abandon is accepted after wait; any other second request is a duplicate; what ended is not stoppable.",
        "requests:stop",
        "CP-106, CP-107",
    ),
    Rule("stop", "Rules of a condition are given up either way.", "conditions:end"),
    Rule(
        "stop",
        "Stopped, or Cancelled, when no action runs any more: at once for one that waits.",
        "decide:_come_to_rest",
    ),
    Rule(
        "update",
        "An update cancels what is in flight after running actions end; PARALLEL executions go on.",
        "requests:update",
        "CP-095, CP-096",
    ),
    Rule("update", "An update makes pending approvals void.", "requests:_void_approvals"),
    Rule("update", "A deleted pipeline gives everything in flight up.", "requests:delete"),
    Rule("update", "An execution runs by the version that it started with.", "board:Board.plan", "CP-079"),
    Rule(
        "retry",
        "Of the stage's latest execution only, under an unchanged pipeline version.",
        "retrying:retry",
        "CP-112, CP-113",
    ),
    Rule(
        "retry",
        "The stage is Failed or Stopped, or (FAILED_ACTIONS only) siblings of a failed action still run.",
        "retrying:_can_be_retried",
        "CP-087, CP-111, CP-114",
    ),
    Rule(
        "retry",
        "FAILED_ACTIONS repeats the failed and abandoned actions, ALL_ACTIONS all of them; the execution id stays.",
        "retrying:_resume",
        "CP-109, CP-110",
    ),
    Rule(
        "retry",
        "The beforeEntry condition is asked again for ALL_ACTIONS, or when it has not let the execution in.",
        "retrying:_resume",
    ),
    Rule(
        "retry",
        "Automatic retry: one attempt a stage execution; if it fails, the stage is Failed for good.",
        "retrying:retry_by_itself",
        "CP-115",
    ),
    Rule(
        "rollback",
        "A rollback is a new execution that runs one stage and ends there.",
        "rollback:start",
        "CP-116, CP-117",
    ),
    Rule(
        "rollback",
        "Refused while the stage is in progress, in PARALLEL mode, and for the stage of the sources.",
        "rollback:start",
        "CP-120",
    ),
    Rule(
        "rollback",
        "Automatic rollback follows a failure when onFailure asks for it, but not that of a rollback.",
        "stage:_roll_back",
        "CP-122",
    ),
    Rule("rollback", "Without an earlier success the stage stays as it failed.", "rollback:give_up", "CP-121"),
    Rule("conditions", "Lock, beforeEntry, actions by runOrder, onSuccess or onFailure, leave.", "stage:work"),
    Rule(
        "conditions",
        "All rules run together; once they settled, the condition succeeds when all did and fails when any did.",
        "conditions:ask",
    ),
    Rule(
        "conditions",
        "A rule that could not be evaluated makes the condition Errored, which counts as failed.",
        "conditions:_conclusion",
    ),
    Rule(
        "conditions",
        "A word about a rule that was given up, or is asked anew, changes nothing.",
        "requests:settle_rule",
    ),
    Rule(
        "conditions",
        "beforeEntry FAIL: stage and execution fail, no action ran. SKIP: the stage is Skipped, the execution goes on.",
        "stage:_turn_away",
        "CP-123, CP-124",
    ),
    Rule(
        "conditions",
        "onSuccess FAIL: stage and execution fail. ROLLBACK: the stage stays as it ran, a rollback starts.",
        "stage:_succeed",
    ),
    Rule(
        "conditions",
        "onFailure: with rules, a rollback starts when all succeed; without, ROLLBACK or RETRY follows always.",
        "stage:_fail",
    ),
    Rule(
        "override",
        "While the rules run or after they failed; of the stage's latest execution; not of a skipped entry.",
        "requests:override",
        "CP-125, CP-126",
    ),
    Rule("override", "The condition becomes Overridden, unfinished rules Abandoned.", "board:Board.move_condition"),
    Rule(
        "override",
        "BEFORE_ENTRY: the stage proceeds to its actions. ON_SUCCESS: the stage has Succeeded, the execution proceeds.",
        "requests:override",
    ),
    Rule("ends", "Succeeded: the last stage Succeeded or was Skipped.", "stage:leave"),
    Rule("ends", "Failed: a stage failed and no automatic retry is left.", "stage:_fail"),
)

SERVICES, SHELL = "apps.executions.services", "apps.executions.shell"
BESIDE: tuple[Rule, ...] = (
    Rule(
        "start",
        "The same clientRequestToken returns the execution that it started, after malformed input was refused.",
        f"{SERVICES}.start:start_in_transaction",
    ),
    Rule(
        "start",
        "At most 50 active executions of a QUEUED or PARALLEL pipeline.",
        f"{SERVICES}.start:refuse_over_limit",
        "CP-093",
    ),
    Rule(
        "start",
        "A required variable without value: the start answers 200 and is recorded as Failed.",
        f"{SERVICES}.start:_never_begun",
        "CP-130",
    ),
    Rule(
        "start",
        "Variables given twice are refused, unknown ones ignored.",
        f"{SERVICES}.start:_given_variables",
        "CP-131, CP-132",
    ),
    Rule(
        "start",
        "Source revision overrides name a source action, and a type that its provider takes.",
        f"{SERVICES}.start:_overrides",
    ),
    Rule(
        "rollback",
        "The target belongs to the pipeline, ran by its current version, succeeded in the stage, is no rollback.",
        f"{SERVICES}.rollback:_check_target",
        "CP-118, CP-119",
    ),
    Rule(
        "rollback",
        "An automatic rollback goes back to the latest success in the stage.",
        f"{SHELL}.rollback:roll_back_by_itself",
        "CP-122",
    ),
    Rule(
        "rollback",
        "The rollback has its target's artifacts, source revisions and variables.",
        f"{SHELL}.rollback:begin_rollback",
    ),
    Rule(
        "time", "A timeout fails the action or rule; an approval expires.", "apps.jobs.services:expire_jobs", "CP-155"
    ),
    Rule(
        "variables",
        "References are resolved once, when the action starts; an unknown one fails the action.",
        f"{SHELL}.resolving:resolve",
        "CP-129, CP-133, CP-134",
    ),
    Rule(
        "variables",
        "Input artifacts are fixed and output locations reserved when the action starts.",
        f"{SHELL}.starting:start_action",
    ),
)
