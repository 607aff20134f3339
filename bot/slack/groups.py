"""Slack user groups as a source of roles: who is in a group now, asked every few minutes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk import WebClient

from bot.slack.readers import UNREACHABLE

FRESH = timedelta(minutes=5)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Members:
    users: frozenset[str]
    asked_at: datetime


class Groups:
    """Remembers the members of user groups. While Slack does not answer, those known last are still members."""

    def __init__(self, client: WebClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._known: dict[str, _Members] = {}

    def has(self, group: str, slack_user: str) -> bool:
        """Whether somebody is in the group with this id (S…). Of a group never heard of, nobody is a member."""
        known = self._known.get(group)
        if known is None or self._now() - known.asked_at > FRESH:
            known = self._known[group] = self._ask(group, known)
        return slack_user in known.users

    def _ask(self, group: str, before: _Members | None) -> _Members:
        try:
            answer = self._client.usergroups_users_list(usergroup=group)
        except UNREACHABLE as error:
            log.warning("Slack did not tell who is in the group %s: %s", group, type(error).__name__)
            return _Members(before.users if before else frozenset(), self._now())
        return _Members(frozenset(answer["users"]), self._now())
