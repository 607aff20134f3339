"""How a wiki is asked: through mwclient, one bounded exchange at a time, unnamed or signed in with a bot password."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

import mwclient

from connectors._line import Answer, Answered, Line, NoAnswer, checked_address, checked_secret
from connectors._reading import Json, count_of, is_mapping, member, text_in
from connectors._wire import USER_AGENT, Wire
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

_LONGEST_NAME = 255


def _said(answer: Answer) -> str:
    """The wiki's words with its own name for the error, which is what says which error it is."""
    error = member(answer.body, "error")
    info, code = text_in(member(error, "info")), text_in(member(error, "code"))
    return f"{info} ({code})" if code else info


_BY_CODE = {
    Fault.AUTH: ("assertuserfailed", "assertnameduserfailed", "notloggedin", "mustbeloggedin", "mwoauth-"),
    Fault.RATE_LIMITED: ("ratelimited", "actionthrottledtext"),
    Fault.TOO_LONG: ("contenttoobig", "pagetoolong", "msg-too-long"),
    Fault.GONE: ("missingtitle", "pagedeleted", "nosuchpageid", "nosuchrevid", "missing-title"),
    Fault.TRANSIENT: ("editconflict", "badtoken", "readonly", "maxlag", "cirrussearch-too-busy"),
    Fault.FORBIDDEN_BY_POLICY: (
        *("blocked", "autoblocked", "permissiondenied", "protectedpage", "protectednamespace", "cascadeprotected"),
        *("spamblacklist", "spamdetected", "abusefilter-", "readapidenied", "noedit", "cantcreate", "titleblacklist"),
    ),
}
WIRE = Wire(
    "The wiki",
    words=tuple((f"({code}", fault) for fault, codes in _BY_CODE.items() for code in codes),
    said=_said,
    window=timedelta(minutes=1),
)


class Visit:
    """All exchanges that one request of the host's takes. Who has to sign in does so once, and stays signed in."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._cookies = _kept(call.secrets.get("session", ""))
        self._signed_in = False

    def ask(self, **params: str) -> Answer:
        """Read as everybody may; raises `ConnectorError`."""
        return self._ask("GET", "query", params, cookies={})

    def ask_named(self, **params: str) -> Answer:
        """Read as our account; raises `ConnectorError`. A session that has ended is renewed once."""
        token = self.call.secrets.get("access_token", "").strip()
        if not token and not self._cookies:
            self._sign_in()
        named = params | {"assert": "user"}
        try:
            return self._ask("GET", "query", named, cookies=self._cookies, token=token)
        except ConnectorError as error:
            if error.fault is not Fault.AUTH or token or self._signed_in:
                raise
        self._sign_in()
        return self._ask("GET", "query", named, cookies=self._cookies)

    def write(self, action: str, **params: str) -> Answer | Rejected | Unknown:
        """Send one write as the account that has just read; whoever is not signed in any more is refused."""
        token = self.call.secrets.get("access_token", "").strip()
        named = params | {"assert": "user"}
        try:
            answer = self._exchange("POST", action, named, cookies=self._cookies, token=token)
        except NoAnswer as error:
            return Unknown(str(error)) if error.sent else Rejected(error.fault, str(error))
        if not answer.is_success:
            return WIRE.verdict(answer, self.call)
        return self._judged(answer)

    def _judged(self, answer: Answer) -> Answer | Rejected | Unknown:
        if not is_mapping(answer.body):
            return Unknown(f"The wiki answered {answer.status} with nothing that can be read.")
        code = member(member(answer.body, "error"), "code")
        if code is None:
            return answer
        if not isinstance(code, str) or code.startswith(("internal_api_error", "moderation-")):
            # An exception in the middle of the work may have come after the text was stored; moderators may publish it.
            return Unknown(WIRE.detail(answer))
        return WIRE.refusal(answer, self.call)

    def _ask(
        self, method: str, action: str, params: Mapping[str, str], *, cookies: Mapping[str, str], token: str = ""
    ) -> Answer:
        try:
            answer = self._exchange(method, action, params, cookies=cookies, token=token)
        except NoAnswer as error:
            raise ConnectorError(error.fault, str(error)) from error
        if not answer.is_success:
            raise WIRE.error(answer, self.call)
        if not is_mapping(answer.body):
            raise ConnectorError(Fault.TRANSIENT, "The wiki answered with nothing that can be read.")
        if "error" in answer.body:
            refused = WIRE.refusal(answer, self.call)
            passing = text_in(member(answer.body["error"], "code")).startswith("internal_api_error")
            fault = Fault.TRANSIENT if passing or not is_mapping(answer.body["error"]) else refused.fault
            raise ConnectorError(fault, refused.detail, retry_at=refused.retry_at)
        return answer

    def _exchange(
        self, method: str, action: str, params: Mapping[str, str], *, cookies: Mapping[str, str], token: str = ""
    ) -> Answer:
        """Send exactly one request; raises `NoAnswer`. mwclient builds it, and is given nothing to repeat."""
        parts = urlsplit(checked_address(self.call.base_url))
        with Line(f"{parts.scheme}://{parts.netloc}", self.call.timeout) as line:
            line.headers["User-Agent"] = USER_AGENT
            if token:
                line.headers["Authorization"] = f"Bearer {checked_secret({'token': token}, 'token')}"
            line.cookies.update(cookies)
            site = mwclient.Site(
                parts.netloc, f"{parts.path}/", pool=line, max_retries=0, do_init=False, scheme=parts.scheme
            )
            with suppress(Answered):
                site.raw_api(action, method, **(dict(params) | {"formatversion": "2"}))
            if cookies is self._cookies:
                self._cookies |= {name: value for name, value in line.cookies.get_dict().items() if value}
            return line.result()

    def _sign_in(self) -> None:
        """Sign in and hand the session to the host: a wiki counts sign-ins, and refuses too many."""
        name, password = _credentials(self.call)
        self._cookies, self._signed_in = {}, True
        params = {"meta": "tokens", "type": "login"}
        answer = self._ask("GET", "query", params, cookies=self._cookies)
        token = text_in(member(member(member(answer.body, "query"), "tokens"), "logintoken"))
        form = {"lgname": name, "lgpassword": password, "lgtoken": token}
        login = member(self._ask("POST", "login", form, cookies=self._cookies).body, "login")
        if member(login, "result") != "Success":
            raise self._refused(login)
        self.call.save_secrets({**self.call.secrets, "session": json.dumps(self._cookies)})

    def _refused(self, login: Json) -> ConnectorError:
        reason = member(login, "reason")
        text = text_in(member(reason, "text")) or text_in(reason) or text_in(member(login, "result"))
        detail = f"The wiki does not let us sign in: {' '.join(text.split())[:300] or 'it gives no reason'}."
        wait = count_of(member(login, "wait"))
        if wait or member(login, "result") == "Throttled":
            until = self.call.now + timedelta(seconds=min(wait or 300, 86_400))
            return ConnectorError(Fault.RATE_LIMITED, detail, retry_at=until)
        return ConnectorError(Fault.AUTH, detail)


def venue_of(call: Call) -> str:
    """The wiki as people know it: its host."""
    return urlsplit(call.base_url).netloc.rpartition("@")[2]


def must_be_usable(call: Call) -> None:
    """Raise `ConnectorError` unless the account has secrets that a request can carry."""
    try:
        checked_address(call.base_url)
        if call.secrets.get("access_token", "").strip():
            checked_secret(call.secrets, "access_token")
            return
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    _credentials(call)


def _credentials(call: Call) -> tuple[str, str]:
    name, password = (call.secrets.get(one, "").strip() for one in ("bot_username", "bot_password"))
    usable = all(0 < len(one) <= _LONGEST_NAME and one.isprintable() for one in (name, password))
    if not usable or any("\r" in secret or "\n" in secret for secret in call.secrets.values()):
        raise ConnectorError(Fault.AUTH, "The account has no usable bot password.")
    return name, password


def _kept(session: str) -> dict[str, str]:
    """Read the cookies that the host keeps; what cannot be read, or not be sent, is as good as none."""
    try:
        kept = json.loads(session)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(kept, dict):
        return {}
    pairs = ((name, value) for name, value in kept.items() if isinstance(value, str))
    return {name: value for name, value in pairs if _is_sendable(name) and _is_sendable(value)}


def _is_sendable(text: str) -> bool:
    return 0 < len(text) < 4_096 and text.isascii() and text.isprintable() and not set(text) & set(' ;,"\\')
