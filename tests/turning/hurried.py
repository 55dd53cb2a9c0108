"""The program with a clockwork that runs faster: what it waits for with keys takes a fraction.

Run as ``python -m tests.turning.hurried`` in place of ``lastschrift``. All servers and commands of
an installation have to be in the same hurry.
"""

from lastschrift.operations import ports

HURRY = 30
"""How many times as fast: the announcement of a key takes half a second, not fifteen."""

for name in ("KEYS_REMEMBERED_FOR", "KEYS_KNOWN_AFTER", "KEYS_SETTLED_AFTER"):
    setattr(ports, name, getattr(ports, name) / HURRY)

from lastschrift.main import main  # noqa: E402  # whoever asks for the times is told ours

if __name__ == "__main__":
    main()
