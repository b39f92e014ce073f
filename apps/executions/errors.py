from apps.core.errors import HeadraceError


class ExecutionNotFound(HeadraceError):
    """The pipeline has no execution with this id."""


class ActionExecutionNotFound(HeadraceError):
    """The account, or the pipeline that was named, has no action execution with this id."""


class ExecutionNotStoppable(HeadraceError):
    """The execution has ended already."""


class DuplicateStopRequest(HeadraceError):
    """The execution is being stopped in this way already."""


class StageNotRetryable(HeadraceError):
    """Nothing in the stage can be retried now."""


class NotLatestExecution(HeadraceError):
    """A newer execution has entered the stage since."""


class ConditionNotOverridable(HeadraceError):
    """The condition is not being evaluated and did not fail."""


class RollbackRefused(HeadraceError):
    """The stage cannot be rolled back, or not to this execution."""


class ExecutionOutdated(HeadraceError):
    """The execution ran by an earlier version of the pipeline."""


class TooManyExecutions(HeadraceError):
    """The pipeline runs as many executions as its mode allows."""


class StartInvalid(HeadraceError):
    """The variables or source revisions of a start do not fit the pipeline."""


class InvalidApprovalToken(HeadraceError):
    """The token is not the one of an approval that waits."""


class ApprovalAlreadyCompleted(HeadraceError):
    """The approval was decided, or expired."""


class StarterMayNotApprove(HeadraceError):
    """The approval rule asks for somebody else than who started the execution."""


class ApprovalSummaryRequired(HeadraceError):
    """The approval asks for a summary and none was given."""
