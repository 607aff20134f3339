"""A Block Kit validator as strict as Slack: it knows the blocks of 2026 and what slack_sdk's models let through.

`validate` takes what an app would send and returns every problem, each with a JSON pointer; an empty list means
that Slack would take it. Limits are those of docs.slack.dev; where a limit is not documented the code says so.
"""

from typing import Any, Literal

from bot.demo.slack.blockkit.problems import Problem
from bot.demo.slack.blockkit.whole import check_blocks, check_view, text_length

Surface = Literal["message", "modal", "home"]

__all__ = ["Problem", "Surface", "text_length", "validate", "validate_view"]


def validate(payload: Any, surface: Surface = "message", *, at: str | None = None) -> list[Problem]:
    """Check a list of blocks, a message (an object with `blocks`) or a view (an object with `type`).

    A view's own type decides its surface; `at` is the pointer that the blocks are said to be at.
    """
    if isinstance(payload, dict) and payload.get("type") in ("modal", "home"):
        return validate_view(payload)
    if isinstance(payload, dict) and "blocks" in payload:
        payload = payload["blocks"]
    return list(check_blocks(payload, "/blocks" if at is None else at, surface))


def validate_view(view: Any, surface: str | None = None, *, at: str = "/view") -> list[Problem]:
    """Check a modal or a Home; with `surface` it must be that one."""
    return list(check_view(view, at, surface))
