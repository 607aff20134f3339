"""One exchange with a Mastodon server: what was asked, what came back, and what that means.

Mastodon.py knows the API and builds and sends the requests. The answers are read here: its own reading turns a broken
date silently into None, and stumbles over hostile Link and rate-limit headers.
"""

import io
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from mastodon import Mastodon, MastodonNetworkError
from urllib3 import HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from connectors._mastodon_parse import Json, is_mapping
from connectors.base import Allowance, Call, ConnectorError, Fault, Rejected, Unknown

USER_AGENT = "Chorus (team replies, confirmed by people)"

_LARGEST_ANSWER = 16 * 1024 * 1024
_WINDOW = timedelta(minutes=5)
"""Mastodon's own rate-limit window: how long to wait when an answer does not say."""

_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came. `body` is its JSON, `readable` false when it had none."""

    status: int
    headers: Mapping[str, str]
    body: Json
    readable: bool

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """What the server said of an error: one short line, for people."""
        said = self.body.get("error") if is_mapping(self.body) else None
        return " ".join(said.split())[:300] if isinstance(said, str) else ""

    def allowance(self) -> Allowance | None:
        """What is left of the rate limit, where the server tells."""
        remaining = self.headers.get("X-RateLimit-Remaining", "")
        if not (remaining.isascii() and remaining.isdigit() and len(remaining) < 10):
            return None
        return Allowance(int(remaining), _moment(self.headers.get("X-RateLimit-Reset", "")))


class NoAnswer(Exception):
    """The exchange broke off. `sent` is false only when the request certainly never left."""

    def __init__(self, detail: str, *, sent: bool, fault: Fault = Fault.TRANSIENT) -> None:
        super().__init__(detail)
        self.sent = sent
        self.fault = fault


class Client(Mastodon):  # type: ignore[misc,unused-ignore]
    """Mastodon.py without the request for the instance's settings that it makes before every timeline."""

    def timeline_is_available(self, *_arguments: object, **_options: object) -> bool:
        return True


def exchange(call: Call, operation: Callable[[Client], object]) -> Answer:
    """Send exactly the one request that `operation` makes; raises `NoAnswer`."""
    token = _token(call)
    with _Line(call) as line:
        client = Client(
            api_base_url=call.base_url,
            session=line,
            request_timeout=call.timeout,
            ratelimit_method="throw",
            version_check_mode="created",
            mastodon_version="4.3.0",
            user_agent=USER_AGENT,
        )
        # Not a constructor argument: there, a token that happens to name a file would be read from that file.
        client.access_token = token
        try:
            operation(client)
        except MastodonNetworkError:
            return line.result()
    raise AssertionError("Mastodon.py returned without a request.")


def ask(call: Call, operation: Callable[[Client], object]) -> Answer:
    """Read; raises `ConnectorError` for anything but a readable success."""
    try:
        answer = exchange(call, operation)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    if not answer.is_success:
        raise_refusal(answer, call)
    if not answer.readable or answer.message:
        said = answer.message or "no readable answer"
        raise ConnectorError(Fault.TRANSIENT, f"{host_of(call)} answered {answer.status} with {said}.")
    return answer


def raise_refusal(answer: Answer, call: Call) -> NoReturn:
    """Raise what an unsuccessful answer means for a read."""
    if answer.status >= 500:
        retry_at = _retry_after(answer.headers.get("Retry-After", ""), call.now)
        raise ConnectorError(Fault.TRANSIENT, _detail(answer, call), retry_at=retry_at)
    rejected = refusal(answer, call)
    raise ConnectorError(rejected.fault, rejected.detail, retry_at=rejected.retry_at)


def verdict(answer: Answer, call: Call) -> Rejected | Unknown:
    """What an unsuccessful answer means for a write: certainly not done, or not known."""
    if answer.status >= 500 or answer.status in (303, 408):
        return Unknown(_detail(answer, call))
    return refusal(answer, call)


def refusal(answer: Answer, call: Call) -> Rejected:
    """Name the fault of an answer in the 300s or 400s: by its body where the status is ambiguous."""
    fault = _fault(answer)
    retry_at = reopens_at(answer, call.now) if fault is Fault.RATE_LIMITED else None
    return Rejected(fault, _detail(answer, call), retry_at)


def reopens_at(answer: Answer, now: datetime) -> datetime:
    """When a rate limit reopens: as told, else after Mastodon's window; never in the past, never beyond a day."""
    told = _retry_after(answer.headers.get("Retry-After", ""), now) or _moment(
        answer.headers.get("X-RateLimit-Reset", "")
    )
    return min(max(told or now + _WINDOW, now + timedelta(seconds=1)), now + _LONGEST_WAIT)


def host_of(call: Call) -> str:
    """The instance as people know it."""
    base = call.base_url if "://" in call.base_url else f"https://{call.base_url}"
    return urlsplit(base).netloc.rpartition("@")[2]


_TOO_LONG = ("too long", "limit", "exceed", "maximum")
_BY_STATUS = {
    401: Fault.AUTH,
    408: Fault.TRANSIENT,
    410: Fault.GONE,
    413: Fault.TOO_LONG,
    425: Fault.TRANSIENT,
    429: Fault.RATE_LIMITED,
    451: Fault.FORBIDDEN_BY_POLICY,
}


def _fault(answer: Answer) -> Fault:
    said = answer.message.casefold()
    if (known := _BY_STATUS.get(answer.status)) is not None:
        return known
    if not is_mapping(answer.body):
        return Fault.INVALID  # Not the platform's own word: a firewall's page must not make a post count as deleted.
    if answer.status == 404:
        return Fault.GONE
    if answer.status == 403:
        ours = ("scope", "login", "disabled", "suspended", "confirm", "token", "authenticated")
        return Fault.AUTH if any(word in said for word in ours) else Fault.FORBIDDEN_BY_POLICY
    if "duplicate" in said:
        return Fault.DUPLICATE
    if any(words in said for words in _TOO_LONG) and "media" not in said:
        return Fault.TOO_LONG
    return Fault.AUTH if "authenticated user" in said else Fault.INVALID


def _detail(answer: Answer, call: Call) -> str:
    if 300 <= answer.status < 400:
        return f"{host_of(call)} sends us elsewhere ({answer.status}): set the account's address to where it lives."
    if answer.status < 500 and not is_mapping(answer.body):
        return f"{host_of(call)} answered {answer.status} without a reason. Does a Mastodon server live there?"
    said = f": {answer.message}" if answer.message else ""
    return f"{host_of(call)} answered {answer.status}{said}"


def _moment(value: str) -> datetime | None:
    """Read Mastodon's ISO time, or the epoch seconds that other servers send."""
    try:
        if value.isascii() and value.isdigit():
            return datetime.fromtimestamp(int(value), UTC)
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _retry_after(value: str, now: datetime) -> datetime | None:
    if value.isascii() and value.isdigit() and len(value) < 8:
        return now + timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _token(call: Call) -> str:
    """Return the access token; refuses what no header can carry, before a library could print it in an error."""
    token = call.secrets.get("access_token", "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NoAnswer("The account has no usable access token.", sent=False, fault=Fault.AUTH)
    return token


class _ReadHere(Exception):
    """Ends Mastodon.py's part, once the answer is kept."""


class _Line(requests.Session):
    """A connection for one exchange. It takes nothing from the environment and follows no redirect to another host."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 3
        self._call = call
        self._deadline = 0.0
        self._answer: Answer | None = None
        self._failure: Exception | None = None

    def result(self) -> Answer:
        if self._answer is not None:
            return self._answer
        sent = not _never_left(self._failure)
        raise NoAnswer(f"{host_of(self._call)} {_what_failed(self._failure, sent=sent)}.", sent=sent) from self._failure

    def request(self, *arguments: Any, **options: Any) -> NoReturn:
        self._deadline = time.monotonic() + self._call.timeout
        try:
            response = super().request(*arguments, **options)
        except Exception as error:
            # Whatever requests, urllib3 or ssl raise: there is no answer, and Mastodon.py would hide which it was.
            self._failure = error
            raise
        body, readable = _json(response.content)
        self._answer = Answer(response.status_code, response.headers, body, readable)
        raise _ReadHere

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        options["stream"] = True
        response = super().send(request, **options)
        response.raw = io.BytesIO(self._read(response))
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow only on reads and only within the instance: the token goes nowhere else, a write is sent once."""
        target = super().get_redirect_target(resp)
        if target is None or resp.request.method != "GET":
            return None
        here, there = urlsplit(resp.url), urlsplit(urljoin(resp.url, target))
        return target if (here.scheme, here.netloc) == (there.scheme, there.netloc) else None

    def _read(self, response: requests.Response) -> bytes:
        """Read the body within the call's time and a bound, however slowly or endlessly the server sends."""
        if isinstance(response.raw, io.BytesIO):  # the end of a redirect, read already
            return response.raw.read()
        try:
            return self._read_all(response.raw)
        finally:
            response.raw.close()

    def _read_all(self, raw: HTTPResponse) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := raw.read1(65_536, decode_content=True):
            size += len(piece)
            if size > _LARGEST_ANSWER:
                raise requests.exceptions.ContentDecodingError("The answer is too large.")
            if time.monotonic() > self._deadline:
                raise requests.exceptions.ReadTimeout("The answer came too slowly.")
            pieces.append(piece)
        return b"".join(pieces)


def _json(content: bytes) -> tuple[Json, bool]:
    try:
        return json.loads(content), True
    except (ValueError, RecursionError):
        return None, False


def _causes(error: BaseException | None) -> list[BaseException]:
    """The error and all it was raised from, also those that libraries keep in `reason` or in their arguments."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in found:
            continue
        found.append(one)
        inside = [getattr(one, "reason", None), *one.args]
        waiting += [one.__cause__, one.__context__, *(each for each in inside if isinstance(each, BaseException))]
    return found


def _never_left(error: Exception | None) -> bool:
    before_sending = (
        NewConnectionError,
        ConnectTimeoutError,
        ssl.SSLCertVerificationError,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidHeader,
        requests.exceptions.InvalidSchema,
    )
    return any(isinstance(one, before_sending) for one in _causes(error))


def _what_failed(error: Exception | None, *, sent: bool) -> str:
    if not sent:
        return "cannot be reached"
    if isinstance(error, requests.exceptions.Timeout):
        return "did not answer in time"
    return "broke the connection off"
