"""The ``lastschrift`` command: one file per command, loaded when it is asked for.

Commands know the settings and how to administer; storage, vault and APIs they reach through the
`house` that `lastschrift.main` gives them.
"""
