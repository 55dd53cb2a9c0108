"""The setting ``[[identity_provider]]``: whose users' tokens are taken, a table for each provider.

The file has it as TOML, the variable as the same in JSON: a list of objects.

>>> (one,) = identity_providers('''[{
...     "issuer": "https://id.example.org/realms/fuel", "audience": "lastschrift",
...     "client": "09ae83af7c37121b2de929b211bad944"
... }]''', Path())
>>> one.issuer
'https://id.example.org/realms/fuel'
"""

import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec

from lastschrift.settings.values import SettingRefused

ALLOWED = (
    "tables with issuer and jwks_url (https URLs; http on loopback only), audience, and client "
    "(the id of a client of Lastschrift); jwks_url may be left out"
)

WRITTEN = """\
# [[identity_provider]]
# issuer = "https://id.example.org/realms/fuel"
# audience = "lastschrift"
# client = "09ae83af7c37121b2de929b211bad944"
"""
"""An example as it stands in the file; all that follows belongs to the table, so it stands last."""

_URL = re.compile(
    r"(https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\]))"
    r"(:[0-9]{1,5})?(/[!\"$-~]*)?"
)


class IdentityProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider whose tokens are taken.

    ``issuer`` and ``audience`` are what its tokens say; ``client`` is the id of our client that
    stands for it. ``jwks_url`` None: the provider tells where its keys are.
    """

    issuer: str
    audience: str
    client: UUID
    jwks_url: str | None = None


def identity_providers(raw: object, _directory: Path) -> tuple[IdentityProvider, ...]:
    """Take a list of tables, or JSON that says the same."""
    try:
        given = msgspec.json.decode(raw) if isinstance(raw, str) else raw
        found = msgspec.convert(given, tuple[IdentityProvider, ...])
    except msgspec.MsgspecError as error:
        raise SettingRefused(f"{error}; they are {ALLOWED}") from None
    for provider in found:
        _check(provider)
    _check_together(found)
    return found


def _check(provider: IdentityProvider) -> None:
    for name, url in (("issuer", provider.issuer), ("jwks_url", provider.jwks_url)):
        if url is not None and _URL.fullmatch(url) is None:
            raise SettingRefused(f"{name} must be an https URL, or http on this machine")
    if not provider.audience or not provider.audience.isprintable():
        raise SettingRefused("an audience is visible text, as it stands in the tokens")


def _check_together(providers: Sequence[IdentityProvider]) -> None:
    """A token must tell, by issuer and audience, which table it belongs to."""
    if len({(one.issuer, one.audience) for one in providers}) < len(providers):
        raise SettingRefused("two have the same issuer and the same audience; leave one out")
    jwks_urls = {(one.issuer, one.jwks_url) for one in providers}
    if len(jwks_urls) > len({one.issuer for one in providers}):
        raise SettingRefused("an issuer has one set of keys: its jwks_url is the same everywhere")
