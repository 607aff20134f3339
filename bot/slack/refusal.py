"""Saying no: each refusal reaches the person where they are, and each accident gets a number that the log knows."""

import logging
from uuid import uuid4

from slack_bolt import BoltRequest, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import ChorusError
from bot.slack import modals
from bot.slack.blocks import Json
from bot.slack.dedupe import NOT_DONE
from bot.slack.readers import UNREACHABLE, Readers
from bot.slack.text import escaped, plain
from bot.slack.trouble import code_of
from bot.slack.visit import user_of, whisper
from bot.slack.words import Words

_LONGEST_ERROR = 1000
_LEFT = frozenset({"not_found", "view_not_found"})
_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged", "ratelimited"})

log = logging.getLogger(__name__)


class Refusals:
    """Answers for every handler that raised."""

    def __init__(self, client: WebClient, readers: Readers) -> None:
        self._client = client
        self._readers = readers

    def answer(self, error: Exception, request: BoltRequest) -> BoltResponse:
        """Return what Slack is told; the person is told as well. A failed event is left for Slack to deliver again."""
        request.context[NOT_DONE] = True
        body: Json = request.body
        words = self._readers.words(user_of(body)) if user_of(body) else self._readers.workspace
        if isinstance(error, SlackApiError) and "event" not in body:
            return self._by_slack(error, body, words)
        if not isinstance(error, ChorusError):
            return self._accident(error, body, words)
        return BoltResponse(status=200) if "event" in body else self._tell(body, words.said(str(error)), words)

    def _accident(self, error: Exception, body: Json, words: Words) -> BoltResponse:
        incident = uuid4().hex[:8]
        log.error("incident %s in %s", incident, _name(body), exc_info=error)
        if "event" in body:
            return BoltResponse(status=500)
        return self._tell(body, words("error.incident", incident=incident), words)

    def _by_slack(self, error: SlackApiError, body: Json, words: Words) -> BoltResponse:
        """Slack refused to show something: the person has left the window, came too late, or too much is going on."""
        code = code_of(error)
        if code in _LEFT:
            return BoltResponse(status=200)
        if code in _LATE or error.response.status_code == 429:
            log.warning("Slack answered %s in %s", code, _name(body))
            return self._tell(body, words("error.again"), words)
        return self._accident(error, body, words)

    def _tell(self, body: Json, message: str, words: Words) -> BoltResponse:
        if body.get("type") == "view_submission":
            return BoltResponse(status=200, body=in_view(body["view"], message, words))
        if "command" in body:
            told = {"response_type": "ephemeral", "text": escaped(message, _LONGEST_ERROR)}
            return BoltResponse(status=200, body=told)
        try:
            self._show(body, message, words)
        except UNREACHABLE as error:
            log.warning("could not show %s a refusal: %s", user_of(body), type(error).__name__)
            whisper(self._client, body, escaped(message, _LONGEST_ERROR))
        return BoltResponse(status=200)

    def _show(self, body: Json, message: str, words: Words) -> None:
        view = modals.notice(words("error.title"), message, words)
        surface = (body.get("view") or {}).get("type")
        if surface == "modal":
            self._client.views_push(trigger_id=body["trigger_id"], view=view)
        elif surface == "home" or body.get("type") in ("shortcut", "message_action"):
            self._client.views_open(trigger_id=body["trigger_id"], view=view)
        else:
            whisper(self._client, body, escaped(message, _LONGEST_ERROR))


def in_view(view: Json, message: str, words: Words) -> Json:
    """Return the answer to a submission that is refused: beside its last field, or in place of a window without any."""
    fields = [block["block_id"] for block in view.get("blocks", []) if block["type"] == "input"]
    if not fields:
        return {"response_action": "update", "view": modals.notice(words("error.title"), message, words)}
    return {"response_action": "errors", "errors": {fields[-1]: plain(message, _LONGEST_ERROR)}}


def _name(body: Json) -> str:
    actions = body.get("actions") or [{}]
    event = body.get("event") or {}
    view = body.get("view") or {}
    return str(actions[0].get("action_id") or body.get("command") or event.get("type") or view.get("callback_id"))
