"""What the local Slack refuses: an app's call (`SlackError`) or a person's act (`PersonError`)."""

from typing import Any

Json = dict[str, Any]
"""A Slack payload: its shape is Slack's, so it stays untyped until it is validated."""


class SlackError(Exception):
    """A Web API answer with `ok: false`; `details` are further keys of that answer."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class RateLimited(SlackError):
    """Too many calls: an answer with status 429. The code is `ratelimited`, for messages `rate_limited`."""

    def __init__(self, code: str, *, retry_after: int) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class PersonError(Exception):
    """Something a person could not do; `message` is a sentence for them."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
