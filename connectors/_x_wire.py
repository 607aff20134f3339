"""One exchange with X: what was asked, what came back, and what that means."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import tweepy

from connectors._line import Answer, Answered, Line, NoAnswer, checked_home, checked_secret, epoch, whole_number
from connectors._reading import is_mapping, member
from connectors.base import Allowance, Call, ConnectorError, Fault, Rejected, Unknown

HOME = "https://api.x.com"
"""Where X's API lives."""

SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")

_BUILT_IN = "https://api.twitter.com"
PUBLIC_SITES = frozenset({"https://x.com", "https://www.x.com", "https://twitter.com", "https://api.twitter.com"})
"""The addresses that people give for X."""

_WINDOW = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(days=1)

_WRITES_SECRETS = ("oauthlib", "requests_oauthlib", "tweepy")
"""Libraries that write tokens into their debug log."""

for _name in _WRITES_SECRETS:
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Bearer(tweepy.Client):  # type: ignore[misc,unused-ignore]
    """tweepy with a user's OAuth 2.0 token, which goes where it would put an app's own."""

    def request(  # type: ignore[override,unused-ignore]
        self, method: str, route: str, params: Any = None, json: Any = None, **_user_auth: bool
    ) -> Any:
        return super().request(method, route, params, json, user_auth=False)


def exchange(call: Call, operation: Callable[[tweepy.Client], object]) -> Answer:
    """Send exactly the one request that `operation` makes; raises `NoAnswer`."""
    client = _client(call)
    home = checked_home(HOME if call.base_url.rstrip("/").casefold() in PUBLIC_SITES else call.base_url)
    with Line(home, call.timeout, instead_of=_BUILT_IN) as line:
        client.session = line
        try:
            operation(client)
        except Answered:
            return line.result()
    raise AssertionError("tweepy returned without a request.")


def _client(call: Call) -> tweepy.Client:
    """An account's keys are those of OAuth 1.0a, from X's console, or the token of a person's consent."""
    if "consumer_key" not in call.secrets and "client_id" in call.secrets:
        return _Bearer(bearer_token=checked_secret(call.secrets, "access_token"), wait_on_rate_limit=False)
    secrets = {name: checked_secret(call.secrets, name) for name in SECRETS}
    return tweepy.Client(**secrets, wait_on_rate_limit=False)


def ask(call: Call, operation: Callable[[tweepy.Client], object]) -> Answer:
    """Read; raises `ConnectorError` for anything but a readable success."""
    try:
        answer = exchange(call, operation)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    if not answer.is_success:
        _raise_refusal(answer, call)
    if not answer.readable or not is_mapping(answer.body):
        raise ConnectorError(Fault.TRANSIENT, f"X answered {answer.status} with nothing that can be read.")
    return answer


def verdict(answer: Answer, call: Call) -> Rejected | Unknown:
    """What an unsuccessful answer means for a write: certainly not done, or not known."""
    if answer.status >= 500 or answer.status in (303, 408):
        return Unknown(_detail(answer))
    return refusal(answer, call)


def refusal(answer: Answer, call: Call) -> Rejected:
    """Name the fault of an answer in the 300s or 400s: by X's words, since one status has many meanings."""
    fault = _fault(answer)
    retry_at = reopens_at(answer, call.now) if fault is Fault.RATE_LIMITED else None
    return Rejected(fault, _detail(answer), retry_at)


def allowance(answer: Answer) -> Allowance | None:
    """What is left of the limit that is nearest to its end: X counts by quarter of an hour, and writes by day too."""
    kept = [
        Allowance(remaining, epoch(answer.headers.get(f"{name}-reset")))
        for name in ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
        if (remaining := whole_number(answer.headers.get(f"{name}-remaining"))) is not None
    ]
    return min(kept, key=lambda one: one.remaining, default=None)


def reopens_at(answer: Answer, now: datetime) -> datetime:
    """When a rate limit reopens: as told, else after X's window; never in the past, never beyond a day."""
    nearest = allowance(answer)
    told = nearest.resets_at if nearest is not None and nearest.remaining == 0 else None
    told = told or epoch(answer.headers.get("x-rate-limit-reset"))
    return min(max(told or now + _WINDOW, now + timedelta(seconds=1)), now + _LONGEST_WAIT)


def message(answer: Answer) -> str:
    """What X said of an error: one short line, for people."""
    first = member(answer.body, "errors")
    inner = first[0] if isinstance(first, list) and first else None
    parts = [member(answer.body, "detail"), member(inner, "message"), member(inner, "detail")]
    parts = parts if any(parts) else [member(answer.body, "title"), member(answer.body, "error")]
    said = [" ".join(part.split()) for part in parts if isinstance(part, str)]
    return " ".join(dict.fromkeys(said))[:300]


_WORDS: tuple[tuple[str, Fault], ...] = (
    ("otherwise engaged by the author", Fault.NOT_SUMMONED),
    ("have not been mentioned", Fault.NOT_SUMMONED),
    ("duplicate content", Fault.DUPLICATE),
    ("deleted or not visible", Fault.GONE),
    ("text is too long", Fault.TOO_LONG),
    ("needs to be a bit shorter", Fault.TOO_LONG),
    ("usage cap", Fault.OVER_BUDGET),
    ("usage-capped", Fault.OVER_BUDGET),
    ("usagecapexceeded", Fault.OVER_BUDGET),
    ("spend cap", Fault.OVER_BUDGET),
    ("credits", Fault.OVER_BUDGET),
    ("oauth1 app permissions", Fault.AUTH),
    ("oauth2 app permissions", Fault.AUTH),
    ("client-not-enrolled", Fault.AUTH),
    ("temporarily locked", Fault.AUTH),
    ("account is suspended", Fault.AUTH),
    ("invalid or expired token", Fault.AUTH),
)
_BY_STATUS = {
    401: Fault.AUTH,
    402: Fault.OVER_BUDGET,
    403: Fault.FORBIDDEN_BY_POLICY,
    408: Fault.TRANSIENT,
    410: Fault.GONE,
    413: Fault.TOO_LONG,
    425: Fault.TRANSIENT,
    429: Fault.RATE_LIMITED,
    451: Fault.FORBIDDEN_BY_POLICY,
}


def _fault(answer: Answer) -> Fault:
    if not is_mapping(answer.body):
        # Not X's own word: a firewall's page must not make a post count as deleted, or an account as refused.
        return _BY_STATUS[answer.status] if answer.status in (401, 402, 408, 425, 429) else Fault.INVALID
    said = f"{message(answer)} {member(answer.body, 'type')} {member(answer.body, 'title')}".casefold()
    for words, fault in _WORDS:
        if words in said:
            return fault
    return Fault.GONE if answer.status == 404 else _BY_STATUS.get(answer.status, Fault.INVALID)


def _raise_refusal(answer: Answer, call: Call) -> NoReturn:
    if answer.status >= 500:
        raise ConnectorError(Fault.TRANSIENT, _detail(answer))
    rejected = refusal(answer, call)
    raise ConnectorError(rejected.fault, rejected.detail, retry_at=rejected.retry_at)


def _detail(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"X sends us elsewhere ({answer.status}): set the account's address to {HOME}."
    said = message(answer)
    if answer.status < 500 and not said:
        return f"X answered {answer.status} without a reason."
    return f"X answered {answer.status}: {said}" if said else f"X answered {answer.status}"
