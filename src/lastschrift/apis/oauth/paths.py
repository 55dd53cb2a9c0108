"""Where the token endpoint and its neighbours are found."""

from typing import Final

PREFIX: Final = "/oauth/"
TOKEN: Final = "/oauth/token"
REVOKE: Final = "/oauth/revoke"
INTROSPECT: Final = "/oauth/introspect"
METADATA: Final = "/.well-known/oauth-authorization-server"  # RFC 8414 §3
