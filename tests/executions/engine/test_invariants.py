"""Random definitions and random causes: after each step the reliability contract holds.

INV-05 (only legal moves) is checked by the books, which replay every effect against the tables.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from apps.executions.engine import EngineRefusal, ExecutionState, Kind, Mode, Result, RetryMode, RuleCause, Side
from tests.executions.engine import invariants
from tests.executions.engine.driver import APPROVAL, Guards, Pipeline

actions = st.dictionaries(st.sampled_from(["A", "B", "C", APPROVAL]), st.integers(1, 3), min_size=1)
RULES = st.sampled_from([("R1",), ("R1", "R2")])
guards = st.builds(
    Guards,
    before_entry=st.none() | st.tuples(st.sampled_from([Result.FAIL, Result.SKIP]), RULES),
    on_success=st.none() | st.tuples(st.sampled_from([Result.FAIL, Result.ROLLBACK]), RULES),
    on_failure=st.none(),
    result=st.sampled_from([None, Result.ROLLBACK, Result.RETRY]),
    retry_mode=st.sampled_from(list(RetryMode)),
) | st.builds(Guards, on_failure=st.tuples(st.just(Result.ROLLBACK), RULES))
guarded = st.dictionaries(st.sampled_from(["Stage1", "Stage2", "Stage3"]), guards)
many_actions = st.just({f"A{number}": 1 for number in range(7)})
definitions = st.lists(actions | many_actions, min_size=1, max_size=4).map(
    lambda stages: {f"Stage{number}": stage for number, stage in enumerate(stages, 1)}
)
stages = st.sampled_from([f"Stage{number}" for number in range(1, 5)])
sides = st.sampled_from(list(Side))
modes = st.sampled_from(list(Mode))
picks = st.integers(0, 10_000)


class AnyPipeline(RuleBasedStateMachine):
    """One pipeline to which anything may happen, in any order."""

    @initialize(definition=definitions, mode=modes, guards=guarded)
    def create(self, definition: dict, mode: Mode, guards: dict) -> None:
        self.pipeline = Pipeline(definition, mode, guards)

    @rule()
    def start(self) -> None:
        self.pipeline.start()

    @precondition(lambda self: self.running())
    @rule(pick=picks, succeeds=st.sampled_from([True, True, True, False]))
    def settle(self, pick: int, succeeds: bool) -> None:
        execution, action = self.running()[pick % len(self.running())]
        (self.pipeline.succeed if succeeds else self.pipeline.fail)(execution, action)

    @precondition(lambda self: self.running())
    @rule(pick=picks)
    def let_one_go_through_its_stage(self, pick: int) -> None:
        execution, _ = self.running()[pick % len(self.running())]
        for action in sorted(self.pipeline.running(execution)):
            self.pipeline.succeed(execution, action)

    @precondition(lambda self: self.asked())
    @rule(
        pick=picks, outcome=st.sampled_from([RuleCause.SUCCESS, RuleCause.SUCCESS, RuleCause.FAILURE, RuleCause.ERROR])
    )
    def settle_rule(self, pick: int, outcome: RuleCause) -> None:
        execution, each = self.asked()[pick % len(self.asked())]
        self.pipeline.fail_rules(execution, each, outcome=outcome)

    @precondition(lambda self: self.guarded_views())
    @rule(pick=picks, kind=st.sampled_from([Kind.BEFORE_ENTRY, Kind.ON_SUCCESS]))
    def override(self, pick: int, kind: Kind) -> None:
        found = self.guarded_views()
        execution, stage = found[pick % len(found)]
        self.refusable(lambda: self.pipeline.override(execution, stage, kind))

    @rule(stage=stages)
    def roll_back(self, stage: str) -> None:
        plan = self.pipeline.snapshot.plans[self.pipeline.snapshot.version]
        if plan.stage(stage):
            self.refusable(lambda: self.pipeline.roll_back(stage))

    @precondition(lambda self: self.pipeline.book.views)
    @rule(pick=picks, abandon=st.booleans())
    def stop(self, pick: int, abandon: bool) -> None:
        self.refusable(lambda: self.pipeline.stop(self.one(pick), abandon=abandon))

    @precondition(lambda self: self.ended())
    @rule(pick=picks, mode=st.sampled_from(list(RetryMode)))
    def retry(self, pick: int, mode: RetryMode) -> None:
        execution = self.ended()[pick % len(self.ended())]
        stage = self.pipeline.view(execution).stage
        self.refusable(lambda: self.pipeline.retry(execution, stage, mode))

    @precondition(lambda self: self.pipeline.book.views)
    @rule(pick=picks, stage=stages, mode=st.sampled_from(list(RetryMode)))
    def retry_any_stage_of_any(self, pick: int, stage: str, mode: RetryMode) -> None:
        self.refusable(lambda: self.pipeline.retry(self.one(pick), stage, mode))

    @rule(stage=stages, side=sides)
    def close(self, stage: str, side: Side) -> None:
        self.pipeline.close(stage, side)

    @rule(stage=stages, side=sides)
    def open(self, stage: str, side: Side) -> None:
        self.pipeline.open(stage, side)

    @precondition(lambda self: self.waiting())
    @rule(pick=picks)
    def grow_stale(self, pick: int) -> None:
        self.pipeline.grow_stale(self.waiting()[pick % len(self.waiting())])

    @rule(definition=definitions, mode=modes, guards=guarded)
    def update(self, definition: dict, mode: Mode, guards: dict) -> None:
        self.pipeline.update(definition, mode, guards)

    @rule(dice=st.integers(0, 9))
    def delete(self, dice: int) -> None:
        if dice == 9:
            self.pipeline.delete()
            assert self.pipeline.snapshot.executions == {}

    @invariant()
    def the_contract_holds(self) -> None:
        if hasattr(self, "pipeline"):
            invariants.check(self.pipeline)

    def refusable(self, cause) -> None:
        """Take a cause that may be refused; then nothing has changed."""
        before = self.pipeline.snapshot
        try:
            cause()
        except EngineRefusal:
            assert self.pipeline.snapshot == before

    def one(self, pick: int) -> int:
        return pick % len(self.pipeline.book.views) + 1

    def running(self) -> list[tuple[int, str]]:
        views = self.pipeline.snapshot.executions.values()
        return [(view.number, name) for view in views for name in sorted(self.pipeline.running(view.number))]

    def asked(self) -> list[tuple[int, str]]:
        views = self.pipeline.snapshot.executions.values()
        return [(view.number, each) for view in views for each in sorted(self.pipeline.rules(view.number))]

    def guarded_views(self) -> list[tuple[int, str]]:
        views = self.pipeline.book.views.values()
        return [(view.number, view.stage) for view in views if view.conditions]

    def waiting(self) -> list[int]:
        return [view.number for view in self.pipeline.snapshot.executions.values() if view.waiting]

    def ended(self) -> list[int]:
        again = {ExecutionState.FAILED, ExecutionState.STOPPED}
        return sorted(view.number for view in self.pipeline.ended.values() if view.state in again)


TestAnyPipeline = AnyPipeline.TestCase
TestAnyPipeline.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
