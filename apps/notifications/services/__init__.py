"""The verbs of notifications: keep rules and topics, hand events on, send what is due, send again what was given up."""

from .delivering import claim_delivery, enqueue_due_deliveries, forget_old_deliveries, settle_delivery
from .handing_on import hand_on_events
from .reminders import remind_of_waits
from .resending import resend_delivery
from .rules import MadeRule, change_rule, create_rule, delete_rule
from .targets import renew_secret
from .topics import MadeTopic, change_topic, check_topic, create_topic, delete_topic

__all__ = [
    "MadeRule",
    "MadeTopic",
    "change_rule",
    "change_topic",
    "check_topic",
    "claim_delivery",
    "create_rule",
    "create_topic",
    "delete_rule",
    "delete_topic",
    "enqueue_due_deliveries",
    "forget_old_deliveries",
    "hand_on_events",
    "remind_of_waits",
    "renew_secret",
    "resend_delivery",
    "settle_delivery",
]
