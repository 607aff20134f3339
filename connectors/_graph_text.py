"""Plain text as Meta's platforms take and give it: no markup, blanks at the ends of lines lost."""

from connectors._text import LONGEST, clean


def as_public(text: str) -> str:
    """Return a text as it will stand there."""
    lines = clean(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def as_read(text: str) -> str:
    """Return a text of theirs, cut where no reader reads on."""
    shown = clean(text[: 2 * LONGEST]).strip()
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def units(text: str) -> int:
    """Count UTF-16 units: where Meta does not say what it counts, these are never fewer than its characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
