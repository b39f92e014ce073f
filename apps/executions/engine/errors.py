"""Why a request about an execution cannot be served, as the engine sees it."""


class EngineRefusal(Exception):
    """The cause is refused and nothing changes."""


class NotStoppable(EngineRefusal):
    """The execution has ended, or does not exist."""


class AlreadyStopping(EngineRefusal):
    """The execution is being stopped in this way already."""


class NotRetryable(EngineRefusal):
    """Nothing in the stage can be retried now."""


class NotLatest(EngineRefusal):
    """A newer execution has entered the stage since."""


class NotOverridable(EngineRefusal):
    """The condition is not being evaluated and did not fail."""


class CannotRollBack(EngineRefusal):
    """The stage cannot be rolled back now."""
