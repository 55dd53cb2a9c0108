"""The token endpoint (RFC 6749 §4.4), as secuconnect's clients and PACE's both use it."""
