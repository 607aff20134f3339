"""Everything that can be refused, as a tree; the message is what a person reads.

ChorusError
├── SettingsError        a setting is missing or malformed
├── NotAllowed           this person may not do this; the message says who may
├── NotFound             no such thing, or no longer
├── Conflict             somebody else was first, or the thing has moved on
├── IllegalMove          a record was asked for a move its state does not allow
├── Blocked              a guideline forbids the text
├── OverBudget           the reply would cost more than its platform may; says until when
└── Throttled            a limit holds or refuses the reply; says when it reopens
"""

from datetime import datetime

from guidelines.base import Verdict


class ChorusError(Exception):
    """What happened, why, and what to do next, in words a person can act on."""


class SettingsError(ChorusError):
    """A setting is missing or malformed."""


class NotAllowed(ChorusError):
    """This person may not do this."""


class NotFound(ChorusError):
    """No such thing, or it is no longer there."""


class Conflict(ChorusError):
    """Somebody else was first, or the thing has moved on since it was shown."""


class IllegalMove(ChorusError):
    """A record was asked for a move that its state does not allow."""


class Blocked(ChorusError):
    """A guideline forbids this text; `verdict` holds the findings."""

    def __init__(self, verdict: Verdict) -> None:
        lines = [f"{finding.why} {finding.fix}".strip() for finding in verdict.blocking]
        super().__init__(" ".join(lines))
        self.verdict = verdict


class OverBudget(ChorusError):
    """A reply would cost more than is left of a budget. `until` (UTC) is when the next budget begins."""

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class Throttled(ChorusError):
    """A limit holds or refuses this reply. `reopens_at` (UTC) is None when time alone will not change it."""

    def __init__(self, message: str, *, reopens_at: datetime | None = None) -> None:
        super().__init__(message)
        self.reopens_at = reopens_at
