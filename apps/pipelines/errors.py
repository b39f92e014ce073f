from apps.core.errors import HeadraceError


class PipelineNotFound(HeadraceError):
    """The account has no pipeline of this name."""


class PipelineVersionNotFound(HeadraceError):
    """The pipeline never had this version."""


class PipelineNameInUse(HeadraceError):
    """The account has a pipeline of this name already."""


class StageNotFound(HeadraceError):
    """The current definition has no such stage."""


class ActionNotFound(HeadraceError):
    """The stage has no such action in the current definition."""


class TooManyPipelines(HeadraceError):
    """The account has as many pipelines as it may."""


class ApprovalRuleInvalid(HeadraceError):
    """An approval rule asks for nobody, or for more people than it may."""
