"""What only PACE's wire can get wrong."""

from lastschrift.domain.errors import Conflict, Invalid


class ResourceTypeWrong(Conflict):
    """The resource in the body is not of the type that is kept here (JSON:API 1.0)."""


class ResourceIdWrong(Conflict):
    """The resource in the body has another id than the path names (JSON:API 1.0)."""


class QueryNotSupported(Invalid):
    """The query asks for what can't be done here, or can't be read (JSON:API 1.0: 400)."""


class FilterRefused(Invalid):
    """The query filters by something that is no value of the filter."""
