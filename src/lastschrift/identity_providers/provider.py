"""An outside identity provider, as it is set up."""

from msgspec import Struct

from lastschrift.domain.identity import ClientId


class Provider(Struct, frozen=True, kw_only=True):
    """Whose tokens are taken, for whom they must be meant, and what they may do here.

    ``issuer`` and ``audience`` must stand in a token, letter for letter. ``client_id`` is our
    client that stands for the provider. ``jwks_url`` None: the provider tells where its keys are.
    """

    issuer: str
    audience: str
    client_id: ClientId
    jwks_url: str | None = None
