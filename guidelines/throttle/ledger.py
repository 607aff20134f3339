"""What a decision is made from: where the reply would stand, what is in the thread, and what we said before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guidelines.throttle.limit import EVERYWHERE, Basis, Selector


@dataclass(frozen=True, slots=True)
class Entry:
    """A reply of ours that counts. `at` is when it left, or will leave."""

    reply_id: int
    at: datetime
    employee_id: int = 0
    employee: str = ""
    url: str = ""
    is_commercial: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where the proposed reply would stand, and what it is. `addressed` means: asked us, and not answered yet."""

    platform: str = ""
    venue: str = ""
    timezone: str = "UTC"
    kind: str = "other"
    urgency: str = "normal"
    identity: str = "brand"
    author: str = ""
    employee_id: int = 0
    is_commercial: bool = False
    addressed: bool = False

    def matches(self, where: Selector) -> bool:
        """Whether a limit with this selector is about a reply at this place."""
        if where is EVERYWHERE:
            return True
        wanted = (
            (where.platforms, self.platform),
            (where.venues, self.venue),
            (where.kinds, self.kind),
            (where.urgencies, self.urgency),
            (where.identities, self.identity),
            (where.authors, self.author),
        )
        return all(not allowed or actual in allowed for allowed, actual in wanted)


@dataclass(frozen=True, slots=True)
class ThreadNow:
    """The thread as it stands: how many posts are others' and ours, and whether the last word is ours."""

    others: int = 0
    ours: int = 0
    last_word_is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """A reply of ours that reads much like the proposed one; `score` is between 0 and 1."""

    entry: Entry
    score: float


@dataclass(frozen=True, slots=True)
class Commercial:
    """What a share of commercial replies is made of: the replies of the window, oldest first.

    Where counting alone shows that the share holds, `timeline` may be left empty.
    """

    total: int = 0
    commercial: int = 0
    timeline: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that limits look at, read at one moment.

    `entries` holds, for each basis, our replies oldest first: those still to leave, and as many of the newest as any
    of its limits can need. `similar` holds, for each basis, what reads alike.
    """

    place: Place
    thread: ThreadNow = ThreadNow()
    entries: Mapping[Basis, tuple[Entry, ...]] = field(default_factory=dict)
    commercial: Mapping[str, Commercial] = field(default_factory=dict)
    similar: Mapping[Basis, tuple[Likeness, ...]] = field(default_factory=dict)
