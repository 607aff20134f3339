"""The words of a correction: thanks, one sentence, the source, and an open door."""

import hashlib

from guidelines.claims.record import Fact

_OPENINGS = (
    "Thanks for bringing this up!",
    "Thank you for talking about this.",
    "Thanks for the mention, good that you raise it.",
    "Thanks for sharing this.",
)
_BRIDGES = ("A small correction:", "One detail differs:", "To add what we have on record:", "For the record:")
_CLOSINGS = (
    "If you see something else on your side, please tell us.",
    "Did you read it differently somewhere? We would like to mend that.",
    "Happy to look into it if your experience differs.",
    "If that doesn't match what you see, let us know and we will check.",
)


def correction_text(fact: Fact, *, seed: str) -> str:
    """The draft; the same seed gives the same words, so that a redraw does not change what was approved."""
    choice = hashlib.sha256(seed.encode()).digest()
    statement = fact.statement.strip().rstrip(".")
    opening, bridge, closing = (
        options[choice[at] % len(options)] for at, options in enumerate((_OPENINGS, _BRIDGES, _CLOSINGS))
    )
    return f"{opening} {bridge} {statement}. Source: {fact.source_url} {closing}"
