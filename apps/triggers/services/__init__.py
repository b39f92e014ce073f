"""The verbs of triggers: watch sources, keep webhooks, take what arrives at hooks."""

from .deliveries import forget_old_deliveries
from .idling import end_idle_polling, resume_polling
from .listening import listen, stop_listening
from .registration import deregister_with_third_party, register_with_third_party
from .revisions import put_action_revision
from .schedules import create_schedule, delete_schedule, put_schedule, start_due_schedules
from .watching import (
    enqueue_due_looks,
    forget_sources,
    hook_called,
    source_seen,
    source_unavailable,
    watch_sources,
)
from .webhooks import change_webhook_tags, delete_webhook, put_webhook

__all__ = [
    "change_webhook_tags",
    "create_schedule",
    "delete_schedule",
    "delete_webhook",
    "deregister_with_third_party",
    "end_idle_polling",
    "enqueue_due_looks",
    "forget_old_deliveries",
    "forget_sources",
    "hook_called",
    "listen",
    "put_action_revision",
    "put_schedule",
    "put_webhook",
    "register_with_third_party",
    "resume_polling",
    "source_seen",
    "source_unavailable",
    "start_due_schedules",
    "stop_listening",
    "watch_sources",
]
