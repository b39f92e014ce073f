from apps.core.errors import HeadraceError


class HookNotFound(HeadraceError):
    """No source is watched under this address."""
