"""The verbs of notifications: keep rules, hand events on, send what is due, send again what was given up."""

from .delivering import claim_delivery, enqueue_due_deliveries, forget_old_deliveries, settle_delivery
from .handing_on import hand_on_events
from .resending import resend_delivery
from .rules import MadeRule, create_rule, delete_rule

__all__ = [
    "MadeRule",
    "claim_delivery",
    "create_rule",
    "delete_rule",
    "enqueue_due_deliveries",
    "forget_old_deliveries",
    "hand_on_events",
    "resend_delivery",
    "settle_delivery",
]
