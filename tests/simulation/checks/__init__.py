"""What must hold after each step. Each check is named after its row in the reliability contract."""

from tests.simulation.approvals import approvals_are_of_enough_people
from tests.simulation.checks import places, states, work
from tests.simulation.checks.log import Log
from tests.simulation.checks.picture import Picture
from tests.simulation.steps import Violation
from tests.simulation.world import World

CHECKS = {
    "INV-01": states.starts_are_kept,
    "INV-05, INV-06": states.moves_are_legal,
    "INV-09": work.results_count_once,
    "INV-11": work.continuations_are_chains,
    "INV-13": places.one_execution_in_a_stage,
    "INV-14": places.locks_are_of_the_living,
    "INV-15": places.waiting_is_orderly,
    "INV-16": places.queues_keep_their_order,
    "INV-17": work.parallel_has_its_limits,
    "INV-19": work.run_orders_are_kept,
    "INV-20": states.stopping_ends,
    "INV-21": approvals_are_of_enough_people,
    "INV-22": work.time_limits_hold,
    "INV-24": work.inputs_are_what_was_made,
    "INV-25": places.nothing_stalls,
    "INV-29": states.log_and_rows_agree,
    "INV-32": states.the_deleted_rest,
    "5.9": places.the_stale_stay_outside,
    "5.11": work.one_automatic_retry,
    "5.12": places.rollbacks_stay_in_their_stage,
    "5.13": work.conditions_are_asked_in_turn,
}


class Checker:
    """Checks a world again and again, remembering what it saw before."""

    def __init__(self, world: World) -> None:
        self.world, self.log = world, Log(world)
        self.before: Picture | None = None

    def check(self) -> None:
        """Raises Violation."""
        now = Picture(self.world)
        self.log.read_on(now)
        for number, check in CHECKS.items():
            for problem in check(self.log, now, self.before or now):
                raise Violation(f"{number}: {problem}")
        self.before = now
