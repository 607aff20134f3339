"""Who reads: a Slack user's name, language and standing in the workspace, asked once an hour."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.slack.blocks import Json
from bot.slack.words import Words, words_for

FRESH = timedelta(hours=1)
FRESH_FAILURE = timedelta(minutes=1)
MOST_KEPT = 10_000

UNREACHABLE = (SlackClientError, OSError, HTTPException)
"""Everything the Slack client raises when a call did not succeed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """A person as Slack knows them. Outsiders are guests, bots, and people of other workspaces."""

    slack_user: str
    name: str
    locale: str
    is_outsider: bool
    asked_at: datetime
    is_known: bool


class Readers:
    """Remembers readers for an hour; when Slack does not answer, the workspace's language must do."""

    def __init__(self, client: WebClient, now: Callable[[], datetime], locale: str) -> None:
        self._client = client
        self._now = now
        self._locale = locale
        self._known: dict[str, Reader] = {}

    @property
    def workspace(self) -> Words:
        """The language of what everybody sees."""
        return words_for(self._locale)

    def of(self, slack_user: str) -> Reader:
        """Return what is known of a Slack user."""
        known = self._known.get(slack_user)
        if known is None or self._now() - known.asked_at > (FRESH if known.is_known else FRESH_FAILURE):
            known = self._ask(slack_user)
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[slack_user] = known
        return known

    def words(self, slack_user: str) -> Words:
        """Return the language a Slack user reads."""
        return words_for(self.of(slack_user).locale)

    def _ask(self, slack_user: str) -> Reader:
        try:
            user: Json = self._client.users_info(user=slack_user, include_locale=True)["user"]
        except UNREACHABLE as error:
            log.warning("Slack did not tell about user %s: %s", slack_user, type(error).__name__)
            return Reader(slack_user, "", self._locale, is_outsider=False, asked_at=self._now(), is_known=False)
        return Reader(
            slack_user,
            str(user.get("real_name") or user.get("name") or ""),
            str(user.get("locale") or self._locale),
            is_outsider=any(user.get(flag) for flag in ("is_bot", "is_restricted", "is_stranger", "deleted")),
            asked_at=self._now(),
            is_known=True,
        )
