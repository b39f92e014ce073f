"""Amazon resource names, as CodePipeline writes them. Source: CodePipeline user guide, resource types."""

from django.conf import settings


def pipeline_arn(account_number: str, pipeline: str) -> str:
    return f"arn:aws:codepipeline:{settings.REGION}:{account_number}:{pipeline}"


def action_type_arn(account_number: str, category: str, provider: str, version: str) -> str:
    return f"arn:aws:codepipeline:{settings.REGION}:{account_number}:actiontype:Custom/{category}/{provider}/{version}"


def webhook_arn(account_number: str, name: str) -> str:
    return f"arn:aws:codepipeline:{settings.REGION}:{account_number}:webhook:{name}"


def user_arn(account_number: str, username: str) -> str:
    return f"arn:aws:iam::{account_number}:user/{username}"
