"""Why a request is refused; each wire has its own words for it."""

from uuid import UUID


class RequestRefused(Exception):
    """The root of all reasons."""


class NotAuthenticated(RequestRefused):
    """There is no token, or it is unknown or expired."""


class ScopeMissing(RequestRefused):
    """The token may not do this."""


class CustomerUnknown(RequestRefused):
    """The customer is not there, or is another merchant's."""

    def __init__(self, reference: str) -> None:
        """Keep the reference as it was sent."""
        super().__init__(reference)
        self.reference = reference


class AlreadyRegistered(RequestRefused):
    """The customer has this bank account already."""

    def __init__(self, account_id: UUID, iban: str) -> None:
        """Keep the row that is there, and the account number."""
        super().__init__(account_id)
        self.account_id = account_id
        self.iban = iban


class IdTaken(RequestRefused):
    """The id that the client chose belongs to another bank account."""


class MediaTypeRefused(RequestRefused):
    """The request's Content-Type or Accept is not the wire's."""

    def __init__(self, status: int) -> None:
        """Keep the status: 406 for Accept, 415 for Content-Type."""
        super().__init__(status)
        self.status = status


class TokenRefused(RequestRefused):
    """The token endpoint refuses, in the words of RFC 6749 §5.2."""

    def __init__(self, error: str, description: str) -> None:
        """Keep the registered error code and what is said about it."""
        super().__init__(error)
        self.error = error
        self.description = description
