"""Tokens of outside identity providers (OpenID Connect): whether they are good, and what they say.

A provider's tokens are JSON Web Tokens (RFC 7519) that it signs. Its keys are fetched from where it
publishes them (`fetching`), read (`keys`) and kept (`key_store`); a token is read without belief
(`tokens`), and believed once its signature and its claims hold (`verifying`).
"""
