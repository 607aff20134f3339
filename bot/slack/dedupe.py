"""Each request of Slack is answered once: what Slack delivers again is known by its key, in the database.

This stands around Bolt's dispatch, because Bolt's own middleware ends before the listener begins: a key that it
committed would swallow the second delivery of a request whose first handling failed. Clicks, whose acknowledgement says
nothing, are kept and acknowledged first; what Slack waits for an answer to, or brings again by itself, is done first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson
from slack_bolt import App, BoltRequest, BoltResponse
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from sqlalchemy.dialects.postgresql import insert

from bot.database import Sessions
from bot.deps import Deps
from bot.models import SeenRequest
from bot.slack.blocks import Json
from bot.slack.later import Later
from bot.slack.tokens import Authorized
from bot.slack.visit import user_of

NOT_DONE = "chorus.not_done"
"""Set in a request's context when it was refused or failed: the same again is then no repetition."""


@dataclass(slots=True)
class Turn:
    """The handling of one request. Only what is done is remembered."""

    is_first: bool
    is_done: bool = False


class OnceApp(App):
    """A Bolt app that handles each request of Slack once, however often it is delivered.

    `linger` is how many seconds the acknowledgement of a click waits for it to be done.
    """

    def __init__(self, deps: Deps, client: WebClient, *, signing_secret: str, linger: float = 0.0) -> None:
        # Without `authorize` Bolt would look into the environment, where SLACK_CLIENT_ID and _SECRET make it expect
        # installations of its own.
        super().__init__(
            name="chorus",
            client=_without_token(client),
            authorize=Authorized(client),
            signing_secret=signing_secret,
            process_before_response=True,
        )
        self._deps = deps
        self._verifier = SignatureVerifier(signing_secret) if signing_secret else None
        self._linger = linger
        self._later = Later(deps.sessions, deps.now, self._does)

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Handle a request, or say that it was handled."""
        key = key_of(req.body)
        if not key:
            return super().dispatch(req)
        if req.body.get("type") == "block_actions" and self._is_genuine(req):
            self._later.take(key, req.body, linger=self._linger)
            return BoltResponse(status=200)
        with turn(self._deps.sessions, key, self._deps.now()) as mine:
            if not mine.is_first:
                return BoltResponse(status=200)
            response = super().dispatch(req)
            mine.is_done = _is_done(req, response)
        return response

    def finish(self) -> None:
        """Wait until what was acknowledged is done."""
        self._later.finish()

    def _does(self, body: Json) -> bool:
        # Whoever sent it was known when it was kept; only requests by socket are taken without a signature.
        request = BoltRequest(mode="socket_mode", body=body)
        return _is_done(request, super().dispatch(request))

    def _is_genuine(self, req: BoltRequest) -> bool:
        """Whether Slack sent this. What comes by socket does; the rest is signed, and refused by Bolt if it is not."""
        if req.mode == "socket_mode" or self._verifier is None:
            return req.mode == "socket_mode"
        stamp, signature = (req.headers.get(f"x-slack-{name}", [""])[0] for name in ("request-timestamp", "signature"))
        return self._verifier.is_valid(req.raw_body, stamp, signature)


def _without_token(client: WebClient) -> WebClient:
    return WebClient(
        base_url=client.base_url,
        timeout=client.timeout,
        ssl=client.ssl,
        proxy=client.proxy,
        retry_handlers=client.retry_handlers.copy(),
    )


def _is_done(request: BoltRequest, response: BoltResponse) -> bool:
    return response.status == 200 and not request.context.get(NOT_DONE)


@contextmanager
def turn(sessions: Sessions, key: str, now: datetime) -> Iterator[Turn]:
    """Take a key for as long as the handling lasts. A twin that comes meanwhile waits, and then knows the outcome."""
    with sessions() as session:
        row = insert(SeenRequest).values(key=key, at=now).on_conflict_do_nothing(index_elements=["key"])
        taken = session.execute(row.returning(SeenRequest.key)).scalar_one_or_none()
        mine = Turn(is_first=taken is not None)
        yield mine
        if mine.is_done:
            session.commit()


def key_of(body: Json) -> str:
    """Return what a request is known by when it comes again; empty when it may be handled any number of times."""
    if body.get("event_id"):
        return f"event:{body['event_id']}"
    kind = body.get("type", "")
    if kind == "block_actions":
        return _key_of_actions(body)
    if kind in ("view_submission", "view_closed"):
        return _key_of_view(kind, body)
    if "command" in body and body.get("trigger_id"):
        return f"command:{body['trigger_id']}"
    if kind in ("shortcut", "message_action"):
        return f"shortcut:{body.get('trigger_id') or body.get('action_ts')}"
    return ""


def _key_of_actions(body: Json) -> str:
    actions = body.get("actions") or [{}]
    return f"action:{user_of(body)}:{actions[0].get('action_id')}:{actions[0].get('action_ts')}"


def _key_of_view(kind: str, body: Json) -> str:
    # The hash alone does not tell a corrected submission from a repeated one: errors leave the view as it was.
    view = body.get("view") or {}
    values = sha256(orjson.dumps(view.get("state") or {}, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    return f"{kind}:{view.get('id')}:{view.get('hash')}:{values}"
