from apps.core.errors import HeadraceError


class HookNotFound(HeadraceError):
    """No source is watched under this address, and no webhook has it."""


class HookRefused(HeadraceError):
    """A caller did not show that it may call this hook."""


class HookUnreadable(HeadraceError):
    """What was posted to a hook is not what it takes."""


class HookTooLarge(HeadraceError):
    """What was posted to a hook is larger than it takes."""


class HookFlooded(HeadraceError):
    """A hook is called more often than it may be."""


class WebhookNotFound(HeadraceError):
    """The account has no webhook with this name."""


class TooManyWebhooks(HeadraceError):
    """The account has as many webhooks as it may."""


class WebhookInvalid(HeadraceError):
    """The webhook's target cannot be one."""


class InvalidWebhookAuthentication(HeadraceError):
    """The authentication's parameters do not fit its type."""


class InvalidWebhookFilter(HeadraceError):
    """A filter's path cannot be read, or names a configuration key that its action lacks."""


class ScheduleNotFound(HeadraceError):
    """The account has no schedule with this name."""


class TooManySchedules(HeadraceError):
    """The account has as many schedules as it may."""


class ScheduleNameInvalid(HeadraceError):
    """A schedule cannot have this name."""


class ScheduleNameTaken(HeadraceError):
    """The account has a schedule of this name, and a new one was asked for."""


class ScheduleExpressionInvalid(HeadraceError):
    """The expression is neither cron(…) nor rate(…), or never comes."""


class ScheduleZoneInvalid(HeadraceError):
    """No time zone has this name."""


class ScheduledPipelineNotFound(HeadraceError):
    """The account has no pipeline with the name that a schedule is to start."""


class RevisionInvalid(HeadraceError):
    """A revision cannot be put to this action."""
