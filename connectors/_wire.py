"""What an answer means, for platforms that are asked over plain HTTP without a library of their own.

A connector describes its platform once, as a `Wire`; every exchange then runs over a bounded `Line`, and every refusal
gets its name from the closed list of faults.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors._line import Answer, Answered, Line, NoAnswer, retry_after
from connectors._reading import is_mapping, member, text_in
from connectors.base import Allowance, Call, Condition, ConnectorError, Fault, Health, Rejected, Unknown

LONGEST_WAIT = timedelta(days=1)
"""Whatever a platform says, it is asked again after this."""

USER_AGENT = "Chorus (team replies, confirmed by people)"

_BY_STATUS = {
    401: Fault.AUTH,
    402: Fault.OVER_BUDGET,
    403: Fault.FORBIDDEN_BY_POLICY,
    404: Fault.GONE,
    408: Fault.TRANSIENT,
    410: Fault.GONE,
    413: Fault.TOO_LONG,
    425: Fault.TRANSIENT,
    429: Fault.RATE_LIMITED,
    451: Fault.FORBIDDEN_BY_POLICY,
}
_WITHOUT_A_REASON = frozenset({401, 402, 408, 425, 429})
"""What these mean does not hang on who says it: the platform, or something before it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `url` is whole; `json` or `form` is its body; headers may hold a token and are never shown."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = None
    form: Mapping[str, str] | None = None
    basic: tuple[str, str] | None = field(default=None, repr=False)


def said_in(*members: str) -> Callable[[Answer], str]:
    """Return a reader of the platform's own words about an error: the first of these members that holds a text."""

    def read(answer: Answer) -> str:
        texts = (text_in(member(answer.body, name)) for name in members)
        return next((text for text in texts if text), "")

    return read


_MESSAGE_OR_ERROR = said_in("message", "error")


def _untold(_answer: Answer) -> Allowance | None:
    return None


def _unsaid(_answer: Answer) -> timedelta | None:
    return None


@dataclass(frozen=True, slots=True)
class Wire:
    """How one platform answers.

    `words` name faults by what the platform says, before the status decides: one status has many meanings. `waits`
    reads from the body how long to wait at a rate limit; `window` is how long when the answer does not say at all.
    `refuses_in_pages` is for platforms whose own refusals are web pages instead of JSON.
    """

    title: str
    words: Sequence[tuple[str, Fault]] = ()
    by_status: Mapping[int, Fault] = field(default_factory=dict)
    said: Callable[[Answer], str] = _MESSAGE_OR_ERROR
    allowance: Callable[[Answer], Allowance | None] = _untold
    waits: Callable[[Answer], timedelta | None] = _unsaid
    window: timedelta = timedelta(minutes=1)
    refuses_in_pages: bool = False

    def exchange(self, call: Call, request: Request) -> Answer:
        """Send exactly this request; raises `NoAnswer`. Redirects are followed on reads at home, and nowhere else."""
        parts = urlsplit(request.url)
        with Line(f"{parts.scheme}://{parts.netloc}", call.timeout) as line, suppress(Answered):
            line.request(
                request.method,
                request.url,
                params=dict(request.params),
                headers={"User-Agent": USER_AGENT, "Accept": "application/json", **request.headers},
                json=request.json,
                data=request.form,
                auth=request.basic,
            )
        return line.result()

    def ask(self, call: Call, request: Request) -> Answer:
        """Read; raises `ConnectorError` for anything but a readable success."""
        answer = self.ask_raw(call, request)
        if not answer.readable:
            raise ConnectorError(
                Fault.TRANSIENT, f"{self.title} answered {answer.status} with nothing that can be read."
            )
        return answer

    def ask_raw(self, call: Call, request: Request) -> Answer:
        """Read what is no JSON; raises `ConnectorError` for anything but a success (304 is one)."""
        try:
            answer = self.exchange(call, request)
        except NoAnswer as error:
            raise ConnectorError(error.fault, str(error)) from error
        if not answer.is_success and answer.status != 304:
            raise self.error(answer, call)
        return answer

    def write(self, call: Call, request: Request) -> Answer | Rejected | Unknown:
        """Send one write: the answer when it is a readable success, else what is known of it."""
        try:
            answer = self.exchange(call, request)
        except NoAnswer as error:
            return Unknown(str(error)) if error.sent else Rejected(error.fault, str(error))
        if not answer.is_success:
            return self.verdict(answer, call)
        if not answer.readable and answer.content.strip():
            return Unknown(f"{self.title} answered {answer.status} with nothing that can be read.")
        return answer

    def error(self, answer: Answer, call: Call) -> ConnectorError:
        """Return what an unsuccessful answer means for a read."""
        if answer.status >= 500:
            told = retry_after(answer.headers.get("Retry-After"), call.now)
            return ConnectorError(Fault.TRANSIENT, self.detail(answer), retry_at=told)
        rejected = self.refusal(answer, call)
        return ConnectorError(rejected.fault, rejected.detail, retry_at=rejected.retry_at)

    def verdict(self, answer: Answer, call: Call) -> Rejected | Unknown:
        """What an unsuccessful answer means for a write: certainly not done, or not known."""
        if answer.status >= 500 or answer.status in (303, 408):
            return Unknown(self.detail(answer))
        return self.refusal(answer, call)

    def refusal(self, answer: Answer, call: Call) -> Rejected:
        """Name the fault of an answer in the 300s or 400s, or of a success that carries an error."""
        fault = self._fault(answer)
        retry_at = self.reopens_at(answer, call.now) if fault is Fault.RATE_LIMITED else None
        return Rejected(fault, self.detail(answer), retry_at)

    def reopens_at(self, answer: Answer, now: datetime) -> datetime:
        """When a rate limit reopens: as told, else after the window; never in the past, never beyond a day."""
        left = self.allowance(answer)
        told = retry_after(answer.headers.get("Retry-After"), now)
        told = told or (left.resets_at if left is not None and left.remaining <= 0 else None)
        if told is None and (wait := self.waits(answer)) is not None:
            told = now + wait
        return min(max(told or now + self.window, now + timedelta(seconds=1)), now + LONGEST_WAIT)

    def health(self, error: ConnectorError) -> Health:
        """Return how an account fares whose check failed."""
        if error.fault is Fault.AUTH:
            return Health(Condition.REAUTH, detail=error.detail)
        if error.fault in (Fault.FORBIDDEN_BY_POLICY, Fault.GONE):
            return Health(Condition.DENIED, detail=error.detail)
        return Health(Condition.DOWN, detail=error.detail)

    def detail(self, answer: Answer) -> str:
        """Say for people what the platform answered, in one line."""
        if 300 <= answer.status < 400:
            return f"{self.title} sends us elsewhere ({answer.status}): set the account's address to where it lives."
        said = " ".join(self.said(answer).split())[:300]
        if not said and answer.status < 500:
            return f"{self.title} answered {answer.status} without a reason."
        return f"{self.title} answered {answer.status}: {said}" if said else f"{self.title} answered {answer.status}."

    def _fault(self, answer: Answer) -> Fault:
        by_status = {**_BY_STATUS, **self.by_status}
        if not is_mapping(answer.body) and not self.refuses_in_pages:
            # Not the platform's own word: a firewall's page must not make a post count as deleted.
            return by_status[answer.status] if answer.status in _WITHOUT_A_REASON else Fault.INVALID
        said = self.said(answer).casefold()
        for words, fault in self.words:
            if words in said:
                return fault
        return by_status.get(answer.status, Fault.INVALID)
