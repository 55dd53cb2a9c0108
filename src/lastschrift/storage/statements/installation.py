"""Whose database it is."""

INSTALLATION_KIND = "SELECT kind FROM installation"
