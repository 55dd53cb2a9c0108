"""Lastschrift: a self-hosted server for SEPA direct debit."""

__version__ = "0.1.0"
