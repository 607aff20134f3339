"""What one call says to Bluesky: the session it speaks under, each exchange, and what an answer means.

atproto knows the API and builds the requests; its HTTP client hands them to a `Line`. Its own sessions are not used:
they renew by the clock of the machine, between a caller's requests, and keep nothing for the host.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
from atproto_client.client.raw import ClientRaw  # type: ignore[import-untyped,unused-ignore]
from atproto_client.client.session import Session  # type: ignore[import-untyped,unused-ignore]
from atproto_client.request import Request  # type: ignore[import-untyped,unused-ignore]
from atproto_core.exceptions import AtProtocolError  # type: ignore[import-untyped,unused-ignore]

from connectors._bluesky_parse import did_of
from connectors._line import Answer, Answered, Line, NoAnswer, checked_home, checked_secret, epoch, whole_number
from connectors._reading import Json, is_mapping, member, text_in
from connectors._wire import USER_AGENT, Wire
from connectors.base import Allowance, Call, ConnectorError, Fault, Rejected, Unknown

SESSION = "session"
"""The secret that is not given by people: the session that was opened with theirs."""

POINTS_OF_A_POST = 3
"""What a new record costs of the 5,000 points that an account has in an hour."""

Operation = Callable[[ClientRaw], object]

_SOON = timedelta(minutes=2)
_STALE = frozenset({"ExpiredToken", "InvalidToken"})
_MADE_BY_THE_LINE = frozenset({"accept-encoding", "connection", "content-length", "host"})


def _said(answer: Answer) -> str:
    parts = (text_in(member(answer.body, "error")), text_in(member(answer.body, "message")))
    return ": ".join(part for part in parts if part)


def allowance(answer: Answer) -> Allowance | None:
    """What is left of a rate limit, where the server tells: requests on reads, points on writes."""
    resets_at = epoch(answer.headers.get("ratelimit-reset"))
    remaining = whole_number(answer.headers.get("ratelimit-remaining"))
    if remaining is None and answer.status == 429 and resets_at is not None:
        remaining = 0
    return None if remaining is None else Allowance(remaining, resets_at)


WIRE = Wire(
    "Bluesky",
    words=(
        ("expiredtoken", Fault.AUTH),
        ("invalidtoken", Fault.AUTH),
        ("authmissing", Fault.AUTH),
        ("authenticationrequired", Fault.AUTH),
        ("authfactortokenrequired", Fault.AUTH),
        ("accounttakedown", Fault.FORBIDDEN_BY_POLICY),
        ("accountdeactivated", Fault.FORBIDDEN_BY_POLICY),
        ("blockedactor", Fault.FORBIDDEN_BY_POLICY),
        ("blockedbyactor", Fault.FORBIDDEN_BY_POLICY),
        ("recordnotfound", Fault.GONE),
        ("notfound: ", Fault.GONE),
        ("could not find repo", Fault.GONE),
        ("invalidswap", Fault.DUPLICATE),
        ("grapheme too big", Fault.TOO_LONG),
        ("string too big", Fault.TOO_LONG),
        ("must not be longer than", Fault.TOO_LONG),
        ("ratelimitexceeded", Fault.RATE_LIMITED),
    ),
    # Bluesky names what is gone in a 400; a 404 says that the server does not know the request.
    by_status={404: Fault.INVALID},
    said=_said,
    allowance=allowance,
    window=timedelta(minutes=5),
)


def listed(answer: Answer, name: str) -> list[Json]:
    """Return a list that Bluesky promised; anything else is an answer that cannot be trusted to be complete."""
    found = member(answer.body, name)
    if not isinstance(found, list):
        raise ConnectorError(Fault.TRANSIENT, "Bluesky answered with something else than a list.")
    return found


class Talk:
    """All that one call says. It opens or renews its session when it has to, and hands it to the host to keep."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._session = _kept(call)
        self._is_new = False

    @property
    def did(self) -> str:
        """Who we are; raises `ConnectorError` when that cannot be found out."""
        did: str = self._opened().did
        return did

    def ask(self, operation: Operation) -> Answer:
        """Read; raises `ConnectorError` for anything but a readable success."""
        answer = self._exchanged(operation)
        if text_in(member(answer.body, "error")) in _STALE and not answer.is_success:
            self._renew(self._opened())
            answer = self._exchanged(operation)
        return _readable(answer, self.call)

    def write(self, operation: Operation) -> Answer | Rejected | Unknown:
        """Send one write: the answer when it is a readable success, else what is known of it."""
        try:
            session = self._opened()
            answer = _exchange(self.call, session.access_jwt, operation)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        except NoAnswer as error:
            return Unknown(str(error)) if error.sent else Rejected(error.fault, str(error))
        if text_in(member(answer.body, "error")) == "ExpiredToken" and answer.status < 500:
            return self._refused_as_stale(session)
        if not answer.is_success:
            return WIRE.verdict(answer, self.call)
        if not is_mapping(answer.body):
            return Unknown(f"Bluesky answered {answer.status} with nothing that can be read.")
        return answer

    def _refused_as_stale(self, session: Session) -> Rejected:
        """A write is sent once: with a new session the host may ask again, as nothing was done."""
        try:
            self._renew(session)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        return Rejected(Fault.TRANSIENT, "Bluesky had ended our session. It is renewed, and nothing was posted.")

    def _exchanged(self, operation: Operation) -> Answer:
        return _answered(self.call, self._opened().access_jwt, operation)

    def _opened(self) -> Session:
        """Return a session that is good for a while; raises `ConnectorError`."""
        if self._session is None:
            return self._log_in()
        ends = None if self._is_new else _ends(self._session)
        return self._renew(self._session) if ends is not None and ends < self.call.now + _SOON else self._session

    def _renew(self, session: Session) -> Session:
        """Renewing is free; logging in is limited to 300 a day. So the password is asked only when it must be."""
        answer = _answered(self.call, session.refresh_jwt, lambda client: client.com.atproto.server.refresh_session())
        if 400 <= answer.status < 500 and answer.status != 429 and is_mapping(answer.body):
            return self._log_in()
        return self._keep(_readable(answer, self.call))

    def _log_in(self) -> Session:
        try:
            given = {
                "identifier": checked_secret(self.call.secrets, "identifier"),
                "password": checked_secret(self.call.secrets, "app_password"),
            }
        except NoAnswer as error:
            raise ConnectorError(error.fault, str(error)) from error
        answer = _answered(self.call, "", lambda client: client.com.atproto.server.create_session(given))
        return self._keep(_readable(answer, self.call))

    def _keep(self, answer: Answer) -> Session:
        told = [text_in(member(answer.body, name)) for name in ("handle", "did", "accessJwt", "refreshJwt")]
        session = _session(":::".join([*told, self.call.base_url]))
        if session is None:
            raise ConnectorError(Fault.TRANSIENT, "Bluesky opened no session that can be read.")
        if not _is_ours(session, self.call):
            raise ConnectorError(Fault.AUTH, f"These secrets open the account {session.handle}, which is another one.")
        # Whatever our clock makes of its end: a session is renewed once in a call.
        self._session, self._is_new = session, True
        self.call.save_secrets({**self.call.secrets, SESSION: session.encode()})
        return session


class _Carrier(httpx.BaseTransport):
    """Hands what atproto would send to a line, which keeps the answer and ends the library's part."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name not in _MADE_BY_THE_LINE}
        self._line.request(request.method, str(request.url), headers=headers, data=request.read())


def _exchange(call: Call, token: str, operation: Operation) -> Answer:
    """Send exactly the one request that `operation` makes; raises `NoAnswer`."""
    home = checked_home(call.base_url)
    with Line(home, call.timeout) as line:
        sender = Request(transport=_Carrier(line), trust_env=False)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        sender.set_additional_headers({"User-Agent": USER_AGENT, "Accept": "application/json", **bearer})
        with suppress(Answered):
            operation(ClientRaw(home, request=sender))
        return line.result()


def _answered(call: Call, token: str, operation: Operation) -> Answer:
    try:
        return _exchange(call, token, operation)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error


def _readable(answer: Answer, call: Call) -> Answer:
    if not answer.is_success:
        raise WIRE.error(answer, call)
    if not is_mapping(answer.body):
        raise ConnectorError(Fault.TRANSIENT, f"Bluesky answered {answer.status} with nothing that can be read.")
    return answer


def _kept(call: Call) -> Session | None:
    session = _session(call.secrets.get(SESSION, ""))
    return session if session is not None and _is_ours(session, call) else None


def _is_ours(session: Session, call: Call) -> bool:
    """Whether a session speaks for the account of the call: a reply must never stand under another name."""
    return call.account_id in ("", session.did)


def _session(text: str) -> Session | None:
    """Read a session; none when it could not be carried in a header, or is another thing."""
    parts = text.split(":::")
    is_clean = text.isascii() and text.isprintable() and " " not in text
    is_whole = is_clean and len(parts) == 5 and all(parts) and did_of(parts[1]) is not None
    return Session(*parts) if is_whole else None


def _ends(session: Session) -> datetime | None:
    """When the access token ends, as it says itself."""
    try:
        told = session.access_jwt_payload.exp
        return None if told is None else datetime.fromtimestamp(told, UTC)
    except (AtProtocolError, ValueError, OverflowError, OSError):
        return None
