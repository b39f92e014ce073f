"""The verbs of action types: an account's own, and those that it offers to others."""

from .aws_connections import delete_aws_connection, set_aws_connection
from .clients import register_client
from .custom import change_action_type_tags, create_custom_action_type, delete_custom_action_type
from .third_party import declare_third_party_action_type, update_action_type

__all__ = [
    "change_action_type_tags",
    "create_custom_action_type",
    "declare_third_party_action_type",
    "delete_aws_connection",
    "delete_custom_action_type",
    "register_client",
    "set_aws_connection",
    "update_action_type",
]
