"""What only PACE's wire can get wrong."""

from lastschrift.domain.errors import Conflict


class ResourceTypeWrong(Conflict):
    """The resource in the body is not of the type that is registered here (JSON:API 1.0)."""
