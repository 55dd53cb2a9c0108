"""What stands below a command's options in its help."""

from collections.abc import Sequence


def example(command_line: str, **lists: Sequence[str]) -> str:
    """Return how a command is called, and below it lists under their names."""
    paragraphs = {"Example": [command_line], **lists}
    return "\n\n".join(map(_unwrapped, paragraphs, paragraphs.values()))


def _unwrapped(title: str, lines: Sequence[str]) -> str:
    """Return a paragraph whose lines click leaves as they are."""
    return "\n".join(["\b", f"{title}:", *(f"  {line}" for line in lines)])
