from apps.core.errors import HeadraceError


class ExecutionNotFound(HeadraceError):
    """The pipeline has no execution with this id."""


class ExecutionNotStoppable(HeadraceError):
    """The execution has ended already."""


class DuplicateStopRequest(HeadraceError):
    """The execution is being stopped in this way already."""


class StageNotRetryable(HeadraceError):
    """Nothing in the stage can be retried now."""


class NotLatestExecution(HeadraceError):
    """A newer execution has entered the stage since."""


class TooManyExecutions(HeadraceError):
    """The pipeline runs as many executions as its mode allows."""


class StartInvalid(HeadraceError):
    """The variables or source revisions of a start do not fit the pipeline."""


class InvalidApprovalToken(HeadraceError):
    """The token is not the one of an approval that waits."""


class ApprovalAlreadyCompleted(HeadraceError):
    """The approval was decided, or expired."""


class ApprovalSummaryRequired(HeadraceError):
    """The approval asks for a summary and none was given."""
