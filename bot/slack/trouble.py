"""What it means that a call to Slack failed: wait how long, was it done after all, must a person help?"""

from dataclasses import dataclass
from datetime import timedelta

from slack_sdk.errors import SlackApiError

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0
PAUSE_FOR_PEOPLE = timedelta(minutes=5)
PAUSE_UNTOLD = 30

_PEOPLE_MUST_HELP = {
    "not_in_channel": "Invite the app to the channel.",
    "channel_not_found": "Check the channel's id, and invite the app if it is private.",
    "is_archived": "Choose another channel for the sources that lead here.",
    "restricted_action": "A workspace admin must allow the app to post there.",
    "missing_scope": "Install the app again with the scopes of `chorus manifest`.",
    "invalid_auth": "Check SLACK_BOT_TOKEN.",
    "not_authed": "Check SLACK_BOT_TOKEN.",
    "token_revoked": "Install the app again and set the new SLACK_BOT_TOKEN.",
    "token_expired": "Install the app again and set the new SLACK_BOT_TOKEN.",
    "invalid_refresh_token": "Install the app again and set the new SLACK_BOT_TOKEN and SLACK_REFRESH_TOKEN.",
    "account_inactive": "Install the app again and set the new SLACK_BOT_TOKEN.",
}
_PERHAPS_DONE = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
_PACE = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch"})
MESSAGE_LOST = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failed call. `in_doubt`: it may have been done all the same. `is_pace`: Slack asked us to go slower."""

    detail: str
    wait: timedelta
    in_doubt: bool = False
    is_pace: bool = False
    needs_people: bool = False
    advice: str = ""


def read(error: Exception, attempts: int) -> Trouble:
    """Return what a failure means. A dropped line or a server error never tells whether the message is out."""
    pause = timedelta(seconds=min(FIRST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE))
    if not isinstance(error, SlackApiError):
        return Trouble(type(error).__name__, pause, in_doubt=True)
    code = code_of(error)
    if error.response.status_code == 429 or code in _PACE:
        return Trouble(code or "ratelimited", _asked(error), is_pace=True)
    if error.response.status_code >= 500 or code in _PERHAPS_DONE:
        return Trouble(code or f"HTTP {error.response.status_code}", pause, in_doubt=True)
    if code in _PEOPLE_MUST_HELP:
        return Trouble(code, PAUSE_FOR_PEOPLE, needs_people=True, advice=_PEOPLE_MUST_HELP[code])
    return Trouble(code, pause)


def code_of(error: SlackApiError) -> str:
    """Return Slack's word for an error; empty when its answer was none."""
    data = error.response.data
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _asked(error: SlackApiError) -> timedelta:
    asked = str(error.response.headers.get("Retry-After") or error.response.headers.get("retry-after") or "")
    try:
        return timedelta(seconds=max(1.0, float(asked)))
    except ValueError:
        return timedelta(seconds=PAUSE_UNTOLD)
