"""One exchange over HTTP for connectors whose library sits on requests: bounded, unredirected, and never repeated.

The library builds and sends the request; the answer is read here. What a library makes of an answer differs from
version to version, and hides what a write needs to know: whether the request ever left.
"""

import io
import json
import ssl
import string
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from connectors._reading import Json
from connectors.base import Fault

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes beyond which an answer is refused: a hostile server could send without end."""

_OWN_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})

_IN_A_PATH = frozenset(string.ascii_letters + string.digits + "-._~%/")

_NEVER_LEFT = (
    NewConnectionError,
    ConnectTimeoutError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came. `body` is its JSON, `readable` false when it had none; `content` the raw bytes."""

    status: int
    headers: Mapping[str, str]
    body: Json
    readable: bool
    content: bytes = field(default=b"", repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class NoAnswer(Exception):
    """The exchange broke off. `sent` is false only when the request certainly never left."""

    def __init__(self, detail: str, *, sent: bool, fault: Fault = Fault.TRANSIENT) -> None:
        super().__init__(detail)
        self.sent = sent
        self.fault = fault


class Answered(Exception):
    """Ends the library's part, once the answer is kept."""


def checked_home(base_url: str) -> str:
    """Return scheme, host and port to speak to; raises `NoAnswer` unless it is https, or this machine itself."""
    return _checked(base_url)[0]


def checked_address(base_url: str) -> str:
    """Return the address to speak to with its path, for a site that does not live at the top of its host."""
    home, path = _checked(base_url)
    return home + path


def _checked(base_url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(base_url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise NoAnswer("The account's address cannot be read.", sent=False, fault=Fault.INVALID) from None
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _OWN_MACHINE)
    if not host or "@" in parts.netloc or not is_safe:
        raise NoAnswer("The account's address must begin with https://.", sent=False, fault=Fault.INVALID)
    if not set(parts.path) <= _IN_A_PATH:
        raise NoAnswer("The account's address cannot be read.", sent=False, fault=Fault.INVALID)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{port}", parts.path.rstrip("/")


def checked_secret(secrets: Mapping[str, str], name: str) -> str:
    """Return a secret that a header can carry; raises `NoAnswer` before a library could print it in an error."""
    secret = secrets.get(name, "").strip()
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise NoAnswer(f"The account has no usable {name.replace('_', ' ')}.", sent=False, fault=Fault.AUTH)
    return secret


class Line(requests.Session):
    """A connection for one exchange with `home`. It takes nothing from the environment.

    A library that cannot be told where its platform lives is led there: `instead_of` is the address that it uses.
    """

    def __init__(self, home: str, timeout: float, *, instead_of: str = "") -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 3
        self.requests_made = 0
        self._home = home
        self._instead_of = instead_of
        self._timeout = timeout
        self._deadline = 0.0
        self._answer: Answer | None = None
        self._failure: Exception | None = None

    def result(self) -> Answer:
        """Return the last answer; raises `NoAnswer`."""
        if self._answer is not None:
            return self._answer
        sent = not never_left(self._failure)
        what = _what_failed(self._failure, sent=sent)
        raise NoAnswer(f"{urlsplit(self._home).netloc} {what}.", sent=sent) from self._failure

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> NoReturn:  # type: ignore[override]
        """Send one request, keep what came back, and give the library nothing to interpret or to repeat."""
        if self._instead_of and url.startswith(self._instead_of):
            url = self._home + url.removeprefix(self._instead_of)
        self._answer, self._failure = None, None
        if not _same_home(url, self._home):
            self._failure = requests.exceptions.InvalidURL("The token goes to no other host.")
            raise Answered
        self._deadline = time.monotonic() + self._timeout
        options["timeout"] = self._timeout
        self.requests_made += 1
        try:
            response = super().request(method, url, *arguments, **options)
        except Exception as error:
            # Whatever requests, urllib3 or ssl raise: there is no answer, and the library would hide which it was.
            self._failure = error
            raise Answered from error
        body, readable = _json(response.content)
        self._answer = Answer(response.status_code, response.headers, body, readable, response.content)
        raise Answered

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        options["stream"] = True
        response = super().send(request, **options)
        response.raw = io.BytesIO(self._read(response))
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow only on reads and only at home: the token goes nowhere else, a write is sent once."""
        target = super().get_redirect_target(resp)
        if target is None or resp.request.method != "GET":
            return None
        return target if _same_home(urljoin(resp.url, target), self._home) else None

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
            if size > LARGEST_ANSWER:
                raise requests.exceptions.ContentDecodingError("The answer is too large.")
            if time.monotonic() > self._deadline:
                raise requests.exceptions.ReadTimeout("The answer came too slowly.")
            pieces.append(piece)
        return b"".join(pieces)


def never_left(error: BaseException | None) -> bool:
    """Whether an error says that the request was certainly never sent."""
    return any(isinstance(one, _NEVER_LEFT) for one in _causes(error))


def whole_number(value: object) -> int | None:
    """Read a header that counts; anything else is none."""
    text = value if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def epoch(value: object) -> datetime | None:
    """Read a header that holds epoch seconds, as UTC."""
    seconds = whole_number(value)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def retry_after(value: object, now: datetime) -> datetime | None:
    """Read a Retry-After header, seconds or an HTTP date, as UTC."""
    if (seconds := whole_number(value)) is not None:
        return now + timedelta(seconds=seconds) if seconds < 10_000_000 else None
    try:
        moment = parsedate_to_datetime(value if isinstance(value, str) else "")
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _same_home(url: str, home: str) -> bool:
    here, there = urlsplit(url), urlsplit(home)
    return (here.scheme, here.netloc) == (there.scheme, there.netloc)


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


def _what_failed(error: Exception | None, *, sent: bool) -> str:
    if not sent:
        return "cannot be reached"
    if isinstance(error, requests.exceptions.Timeout):
        return "did not answer in time"
    return "broke the connection off"
