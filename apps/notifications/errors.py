from apps.core.errors import HeadraceError


class RuleInvalid(HeadraceError):
    """A notification rule asks for something that cannot be."""


class RuleNotFound(HeadraceError):
    """The account has no such notification rule."""


class TooManyRules(HeadraceError):
    """The account has as many notification rules as it may."""


class TopicInvalid(HeadraceError):
    """A topic cannot be so."""


class TopicNotFound(HeadraceError):
    """The account has no topic with this name."""


class TooManyTopics(HeadraceError):
    """The account has as many topics as it may."""


class TargetInvalid(HeadraceError):
    """Nothing can be sent to this address."""


class SecretInvalid(TargetInvalid):
    """Nothing can be signed with this secret."""


class DeliveryNotFound(HeadraceError):
    """The account has no delivery with this id."""


class DeliveryNotDead(HeadraceError):
    """A delivery that waits or has arrived cannot be sent again."""


class TargetNotFound(HeadraceError):
    """The account has no target with this id."""
