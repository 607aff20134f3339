"""A limit: one number on how much we say, where it holds, and what happens when it is reached."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache


class LimitError(ValueError):
    """A limit that makes no sense; the message says what to change."""


class Scope(StrEnum):
    """What a limit counts over. `post` is one interaction: the post that is answered."""

    POST = "post"
    THREAD = "thread"
    AUTHOR = "author"
    VENUE = "venue"
    PLATFORM = "platform"
    ACCOUNT = "account"
    EMPLOYEE = "employee"
    BRAND = "brand"


class Condition(StrEnum):
    """What must hold for one more reply."""

    COUNT = "count"
    GAP = "gap"
    LAST_WORD = "last_word"
    EMPLOYEES = "employees"
    SHARE = "share"
    COMMERCIAL = "commercial"
    SIMILARITY = "similarity"
    QUIET_HOURS = "quiet_hours"


class Action(StrEnum):
    """What happens to a reply that a limit does not let pass, mildest first."""

    HOLD = "hold"
    ASK = "ask"
    REFUSE = "refuse"


class Unless(StrEnum):
    """What lifts a limit for one reply: the post asks us and has no answer yet, or the matter is urgent."""

    ADDRESSED = "addressed"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which replies a limit is about; an empty set means all. Only these are counted, too."""

    platforms: frozenset[str] = frozenset()
    venues: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    urgencies: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()


EVERYWHERE = Selector()


@dataclass(frozen=True, slots=True)
class Basis:
    """Which of our replies a limit counts; limits with an equal basis are counted together."""

    scope: Scope
    where: Selector
    counts_deleted: bool

    def __hash__(self) -> int:
        """Cheap, for this is looked up several times in each decision; few bases differ in their selector alone."""
        return hash((self.scope, self.counts_deleted))


@lru_cache(maxsize=8192)
def _basis_of(scope: Scope, where: Selector, counts_deleted: bool) -> Basis:
    """The same object for equal bases, so that finding one seldom compares selectors."""
    return Basis(scope, where, counts_deleted)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit. Built directly it is trusted; `parse_terms` and `read_sentence` check what people wrote.

    `number` is a count, or a share between 0 and 1. `window` None means ever. `at_least` is the size from which a
    thread's share is looked at. `until` ends the limit. `is_fixed` marks a platform's own rule: nobody lifts it.
    A reply that we deleted keeps its place unless `counts_deleted` is false. `basis` is what it counts.
    """

    name: str
    scope: Scope
    condition: Condition
    number: float = 0
    window: timedelta | None = None
    action: Action = Action.REFUSE
    where: Selector = EVERYWHERE
    unless: frozenset[Unless] = frozenset()
    quiet_from: time | None = None
    quiet_to: time | None = None
    at_least: int = 0
    counts_deleted: bool = True
    reason: str = ""
    until: datetime | None = None
    is_fixed: bool = field(default=False)
    basis: Basis = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work the basis out once, for it is asked for in every decision."""
        object.__setattr__(self, "basis", _basis_of(self.scope, self.where, self.counts_deleted))

    def __hash__(self) -> int:
        """Names are nearly always enough to tell limits apart."""
        return hash(self.name)
