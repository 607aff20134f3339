"""What a window remembers between two clicks: kept in Slack with the view, and read back with care."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256

from bot.errors import ChorusError


@dataclass(frozen=True, slots=True)
class Memory:
    """Ids only: a view can be read by its owner's client.

    `seen` is the fingerprint of what was last previewed; `hold` says that it was shown as held, with its time,
    and `ask` that confirming it asks a manager.
    """

    mention: int = 0
    reply: int = 0
    draft: int | None = None
    account: int = 0
    turn: int = 0
    seen: str = ""
    hold: bool = False
    limit: str = ""
    review: int = 0
    ask: bool = False
    question: int = 0
    error: int = 0
    source: int = 0

    def dump(self) -> str:
        """Return it as Slack keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def recall(text: str) -> Memory:
    """Read it back; raises `ChorusError` for what another version of Chorus, or nobody, wrote."""
    try:
        return Memory(**json.loads(text))
    except (ValueError, TypeError):
        raise ChorusError("This window is from an earlier version of Chorus. Close it and open it again.") from None


def fingerprint(account_id: int, text: str) -> str:
    """Return what stands for a text under an account: equal means the person has seen its preview."""
    return sha256(f"{account_id}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
