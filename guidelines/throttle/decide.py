"""The decision: every limit is asked, the strictest answer wins, and every reason is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from guidelines.throttle.ledger import Entry, Ledger
from guidelines.throttle.limit import Action, Limit
from guidelines.throttle.rules import Closed, closed
from guidelines.throttle.sentences import say

ROUNDS = 10_000
"""How often the common opening time is moved on before it counts as never."""


class Ruling(StrEnum):
    """What becomes of a reply, mildest first."""

    ALLOW = "allow"
    HOLD = "hold"
    ASK = "ask"
    REFUSE = "refuse"


_RULING = {action: Ruling(action.value) for action in Action}
_RANK = {action: -rank for rank, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class Reason:
    """What one limit says against a reply: in `text` to people, `asks` is the limit itself.

    `reopens_at` is None when time alone will not open it. `overridden` marks a limit that a manager
    lifted for this one reply.
    """

    limit: str
    ruling: Ruling
    text: str
    asks: str = ""
    reopens_at: datetime | None = None
    counted: tuple[Entry, ...] = ()
    suggestion: str = ""
    is_fixed: bool = False
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a reply, and all reasons, strictest first.

    `reopens_at` is the first moment at which all limits would let it pass, other things being equal; for a reply that
    is held it is when it leaves.
    """

    ruling: Ruling
    reasons: tuple[Reason, ...] = ()
    reopens_at: datetime | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may leave now."""
        return self.ruling is Ruling.ALLOW

    @property
    def overridden(self) -> tuple[Reason, ...]:
        """The reasons that a manager set aside."""
        return tuple(reason for reason in self.reasons if reason.overridden)

    @property
    def standing(self) -> tuple[Reason, ...]:
        """The reasons that hold."""
        return tuple(reason for reason in self.reasons if not reason.overridden)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each reason that holds, with what to do instead, for a person."""
        return tuple(f"{reason.text} {reason.suggestion}".rstrip() for reason in self.standing)

    @property
    def message(self) -> str:
        """All reasons that hold, and when it opens, for a person."""
        parts = list(self.sentences)
        if self.standing and self.reopens_at is not None:
            word = "It leaves" if self.ruling is Ruling.HOLD else "It opens"
            parts.append(f"{word} on {say_moment(self.reopens_at)}.")
        return " ".join(parts)

    def as_json(self) -> dict[str, object]:
        """Return what is kept of it for ever: limits, numbers and moments, but nobody's name or words."""
        return {
            "ruling": self.ruling.value,
            "reopens_at": self.reopens_at and self.reopens_at.isoformat(),
            "reasons": [_kept(reason) for reason in self.reasons],
        }


def _kept(reason: Reason) -> dict[str, object]:
    return {
        "limit": reason.limit,
        "asks": reason.asks,
        "ruling": reason.ruling.value,
        "reopens_at": reason.reopens_at and reason.reopens_at.isoformat(),
        "counted": [entry.reply_id for entry in reason.counted],
        "overridden": reason.overridden,
    }


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision before it is put into words: the closed limits, strictest first, and when all of them let it pass."""

    ruling: Ruling
    closed: tuple[tuple[Limit, Closed], ...] = ()
    reopens_at: datetime | None = None


_OPEN = Judgement(Ruling.ALLOW)


def decide(limits: Sequence[Limit], ledger: Ledger, now: datetime, *, override: bool = False) -> Decision:
    """Decide about one reply at `now`. With `override` all limits but the fixed ones are set aside, and still named."""
    judged = judge(limits, ledger, now)
    reasons = tuple(_reason(limit, no) for limit, no in judged.closed)
    if override and judged.closed:
        reasons = tuple(reason if reason.is_fixed else replace(reason, overridden=True) for reason in reasons)
        judged = judge([limit for limit in limits if limit.is_fixed], ledger, now)
    return Decision(judged.ruling, reasons, judged.reopens_at)


def judge(limits: Sequence[Limit], ledger: Ledger, now: datetime) -> Judgement:
    """Decide about one reply at `now` without saying why: for who asks about many and reads few of the answers."""
    found = [(limit, no) for limit in limits if (no := closed(limit, ledger, now))]
    if not found:
        return _OPEN
    found.sort(key=lambda each: _RANK[each[0].action])
    opens = _opening(limits, ledger, [no for _, no in found])
    ruling = _RULING[found[0][0].action]
    if ruling is Ruling.HOLD and opens is None:
        ruling = Ruling.REFUSE
    return Judgement(ruling, tuple(found), opens)


def first_opening(limits: Sequence[Limit], ledger: Ledger, now: datetime) -> datetime | None:
    """Return the first moment from `now` on at which all limits let the reply pass; None when there is none."""
    found = [no for limit in limits if (no := closed(limit, ledger, now))]
    return _opening(limits, ledger, found) if found else now


def _opening(limits: Sequence[Limit], ledger: Ledger, found: list[Closed]) -> datetime | None:
    """Move on to where the last of the closed ones opens, until none is closed there."""
    for _ in range(ROUNDS):
        openings = [no.until for no in found if no.until is not None]
        if len(openings) < len(found):
            return None
        moment = max(openings)
        found = [no for limit in limits if (no := closed(limit, ledger, moment))]
        if not found:
            return moment
    return None


def say_moment(moment: datetime) -> str:
    """Write a moment, to the next full minute, for a person whose zone is not known."""
    moment = moment.astimezone(UTC)
    if moment.second or moment.microsecond:
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return f"{moment:%d %b %Y} at {moment:%H:%M} UTC".lstrip("0")


def _reason(limit: Limit, no: Closed) -> Reason:
    return Reason(
        limit=limit.name,
        ruling=_RULING[limit.action],
        text=f"{limit.reason or say(limit) + '.'} {no.because}",
        asks=say(limit),
        reopens_at=no.until,
        counted=no.counted,
        suggestion=no.suggestion,
        is_fixed=limit.is_fixed,
    )
