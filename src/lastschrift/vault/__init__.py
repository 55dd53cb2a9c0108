"""How account numbers are kept secret: key ring, envelope, fingerprint.

A master key outside the database wraps two keys per contract: one that encrypts IBANs
(`envelope`), one that makes equal IBANs recognisable (`fingerprint`). `keyring.KeyVault` puts them
together; `master_key` is the only module here that touches a file.
"""
