"""The limits a new installation begins with."""

from datetime import time, timedelta

from guidelines.throttle.limit import Action, Condition, Limit, Scope, Selector, Unless

_DAY = timedelta(days=1)
_ASKED = frozenset({Unless.ADDRESSED})

DEFAULTS = (
    Limit(
        "thread-until-asked", Scope.THREAD, Condition.COUNT, 1, unless=_ASKED,
        reason="We have spoken in this thread; we speak again when somebody asks us.",
    ),
    Limit("thread-most", Scope.THREAD, Condition.COUNT, 3, action=Action.ASK),
    Limit(
        "thread-last-word", Scope.THREAD, Condition.LAST_WORD, unless=_ASKED,
        reason="We never speak twice in a row.",
    ),
    Limit("thread-employees", Scope.THREAD, Condition.EMPLOYEES, 2),
    Limit("thread-share", Scope.THREAD, Condition.SHARE, 0.2, at_least=10),
    Limit("author-cooldown", Scope.AUTHOR, Condition.COUNT, 1, 7 * _DAY, unless=_ASKED),
    Limit("venue-day", Scope.VENUE, Condition.COUNT, 5, _DAY, Action.HOLD),
    Limit("venue-gap", Scope.VENUE, Condition.GAP, window=timedelta(minutes=20), action=Action.HOLD),
    Limit("account-commercial", Scope.ACCOUNT, Condition.COMMERCIAL, 0.1, 30 * _DAY),
    Limit("venue-commercial", Scope.VENUE, Condition.COMMERCIAL, 0.1, 30 * _DAY),
    Limit("same-words", Scope.BRAND, Condition.SIMILARITY, 0.85, 30 * _DAY),
    Limit(
        "quiet-hours", Scope.VENUE, Condition.QUIET_HOURS, action=Action.HOLD, unless=frozenset({Unless.URGENT}),
        quiet_from=time(22), quiet_to=time(7),
    ),
    Limit("employee-day", Scope.EMPLOYEE, Condition.COUNT, 10, _DAY, Action.ASK),
)  # fmt: skip
"""Proposed from what is known of the field; every community is different, so they are meant to be edited."""


def platform_rule(platform: str, replies: int) -> Limit:
    """Return a platform's own rule on replies per interaction: nobody may edit or lift it."""
    return Limit(
        f"{platform}-interaction",
        Scope.POST,
        Condition.COUNT,
        replies,
        where=Selector(platforms=frozenset({platform})),
        is_fixed=True,
        reason=f"{platform} itself allows {replies} {'reply' if replies == 1 else 'replies'} to a post.",
    )
