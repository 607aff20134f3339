"""One exchange with Reddit: what was asked, what came back, and what that means."""

import re
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, NoReturn

import praw
import prawcore
from praw.config import Config
from prawcore.sessions import FiniteRetryStrategy

from connectors._line import Answer, Line, NoAnswer, checked_home, checked_secret, whole_number
from connectors._reading import Json, is_mapping
from connectors.base import Allowance, Call, ConnectorError, Fault, Rejected, Unknown

SITE = "https://www.reddit.com"
"""Where Reddit lives; its API answers elsewhere."""

USER_AGENT = "python:chorus:v1 (team replies, confirmed by people)"

_API = "https://oauth.reddit.com"
_SITES = frozenset({SITE, _API, "https://reddit.com", "https://old.reddit.com", "https://new.reddit.com"})
_WINDOW = timedelta(minutes=10)
_LONGEST_WAIT = timedelta(days=1)
_SPARE = timedelta(minutes=1)
_TOKEN_LASTS = timedelta(hours=1)

_DURATION = re.compile(r"(\d{1,6}) (millisecond|second|minute|hour)", re.IGNORECASE)
_SECONDS = {"millisecond": 0, "second": 1, "minute": 60, "hour": 3600}


class _Never(FiniteRetryStrategy):
    """prawcore would send a write three times after a 500, a 401 or a broken line."""

    def should_retry_on_failure(self) -> bool:
        return False


def exchange(call: Call, operation: Callable[[praw.Reddit], object]) -> Answer:
    """Send exactly the one request that `operation` makes, after a fresh token where one is due; raises `NoAnswer`."""
    api, _ = _homes(call)
    token = _token(call)
    with Line(api, call.timeout) as line:
        return _answer(line, lambda: operation(_reddit(call, line, api, token)))


def ask(call: Call, path: str, **parameters: str | int) -> Answer:
    """Read; raises `ConnectorError` for anything but a readable success."""
    try:
        answer = exchange(call, lambda reddit: reddit.get(path, params=dict(parameters)))
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    if not answer.is_success:
        _raise_refusal(answer, call)
    if not answer.readable:
        raise ConnectorError(Fault.TRANSIENT, f"Reddit answered {answer.status} with nothing that can be read.")
    return answer


def verdict(answer: Answer, call: Call) -> Rejected | Unknown:
    """What an unsuccessful answer means for a write: certainly not done, or not known."""
    if answer.status >= 500 or answer.status in (303, 408):
        return Unknown(_detail(answer))
    return refusal(answer, call)


def refusal(answer: Answer, call: Call) -> Rejected:
    """Name the fault of an answer in the 300s or 400s."""
    fault = _BY_STATUS.get(answer.status, Fault.INVALID)
    if not is_mapping(answer.body) and answer.status in (403, 404, 410):
        fault = Fault.INVALID  # Not Reddit's own word: a firewall's page must not make a post count as deleted.
    retry_at = reopens_at(answer, call.now) if fault is Fault.RATE_LIMITED else None
    return Rejected(fault, _detail(answer), retry_at)


def allowance(answer: Answer, now: datetime) -> Allowance | None:
    """What is left of the rate limit: a count that may have a fraction, and seconds until it begins anew."""
    remaining = whole_number(answer.headers.get("x-ratelimit-remaining", "").partition(".")[0])
    reset = whole_number(answer.headers.get("x-ratelimit-reset"))
    if remaining is None:
        return None
    return Allowance(remaining, None if reset is None else now + min(timedelta(seconds=reset), _LONGEST_WAIT))


def reopens_at(answer: Answer, now: datetime) -> datetime:
    """When a rate limit reopens: as told, else after Reddit's window; never in the past, never beyond a day."""
    seconds = whole_number(answer.headers.get("retry-after")) or whole_number(answer.headers.get("x-ratelimit-reset"))
    return _soon(now, _WINDOW if seconds is None else timedelta(seconds=seconds))


def refused_within(answer: Answer, now: datetime) -> Rejected | Unknown | None:
    """What the errors inside a 200 mean: Reddit's second rate limit, and most refusals, come this way."""
    inner = answer.body.get("json") if is_mapping(answer.body) else None
    errors = inner.get("errors") if is_mapping(inner) else None
    if not isinstance(errors, list) or not errors or not is_mapping(inner):
        return None
    first = errors[0] if isinstance(errors[0], list) else [errors[0]]
    code, said = ([str(one)[:300] for one in first] + ["", ""])[:2]
    detail = f"Reddit refused it: {said or code} ({code})"
    if code in _UNCLEAR:
        return Unknown(detail)
    fault = _BY_CODE.get(code, Fault.INVALID)
    if fault is not Fault.RATE_LIMITED:
        return Rejected(fault, detail)
    return Rejected(fault, detail, _soon(now, _wait(inner.get("ratelimit"), said)))


_UNCLEAR = frozenset({"SOMETHING_IS_BROKEN", "INTERNAL_ERROR", "SERVER_ERROR"})
_BY_CODE = {
    "RATELIMIT": Fault.RATE_LIMITED,
    "QUOTA_FILLED": Fault.RATE_LIMITED,
    "TOO_LONG": Fault.TOO_LONG,
    "DELETED_COMMENT": Fault.GONE,
    "DELETED_LINK": Fault.GONE,
    "DELETED_THING": Fault.GONE,
    "NO_THING_ID": Fault.GONE,
    "USER_REQUIRED": Fault.AUTH,
    "THREAD_LOCKED": Fault.FORBIDDEN_BY_POLICY,
    "TOO_OLD": Fault.FORBIDDEN_BY_POLICY,
    "USER_BLOCKED": Fault.FORBIDDEN_BY_POLICY,
    "SUBREDDIT_NOTALLOWED": Fault.FORBIDDEN_BY_POLICY,
    "SUBREDDIT_OUTBOUND_LINKING_DISALLOWED": Fault.FORBIDDEN_BY_POLICY,
    "COMMENT_GUIDANCE_VALIDATION_FAILED": Fault.FORBIDDEN_BY_POLICY,
    "DOMAIN_BANNED": Fault.FORBIDDEN_BY_POLICY,
}
_BY_STATUS = {
    401: Fault.AUTH,
    403: Fault.FORBIDDEN_BY_POLICY,
    404: Fault.GONE,
    408: Fault.TRANSIENT,
    410: Fault.GONE,
    413: Fault.TOO_LONG,
    425: Fault.TRANSIENT,
    429: Fault.RATE_LIMITED,
    451: Fault.FORBIDDEN_BY_POLICY,
}


def _homes(call: Call) -> tuple[str, str]:
    """The addresses of the API and of the site that hands out tokens."""
    home = checked_home(call.base_url)
    return (_API, SITE) if home in _SITES else (home, home)


def _reddit(call: Call, line: Line, api: str, token: str) -> praw.Reddit:
    """PRAW for one request, with a token and nothing to renew it by: so it cannot try again after a 401."""
    _settings_of_its_own()
    reddit = praw.Reddit(
        "DEFAULT",
        requestor_kwargs={"session": line, "timeout": call.timeout},
        client_id=checked_secret(call.secrets, "client_id"),
        client_secret=None,
        redirect_uri=None,
        refresh_token=None,
        username=None,
        password=None,
        user_agent=USER_AGENT,
        oauth_url=api,
        reddit_url=api,
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=-1,
    )
    reddit.auth.implicit(access_token=token, expires_in=int(_TOKEN_LASTS.total_seconds()), scope="*")
    session: Any = reddit._core
    session._retry_strategy_class = _Never
    return reddit


def _settings_of_its_own() -> None:
    """Give PRAW the defaults it ships; else it reads praw.ini from the working folder, and the environment."""
    with Config.LOCK:
        if Config.CONFIG is None:
            shipped = ConfigParser()
            shipped.read_string(files("praw").joinpath("praw.ini").read_text())
            Config.CONFIG = shipped


def _token(call: Call) -> str:
    """Return an access token that still lasts; a renewed one goes back to the host, which keeps it encrypted."""
    expires = _time(call.secrets.get("access_token_expires", ""))
    if expires is not None and expires > call.now + _SPARE:
        return checked_secret(call.secrets, "access_token")
    _, site = _homes(call)
    with Line(site, call.timeout) as line:
        requestor = prawcore.Requestor(oauth_url=site, reddit_url=site, session=line, user_agent=USER_AGENT)
        authenticator = prawcore.TrustedAuthenticator(
            client_id=checked_secret(call.secrets, "client_id"),
            client_secret=checked_secret(call.secrets, "client_secret"),
            requestor=requestor,
        )
        refresh_token = checked_secret(call.secrets, "refresh_token")
        authorizer = prawcore.Authorizer(authenticator=authenticator, refresh_token=refresh_token)
        try:
            answer = _answer(line, authorizer.refresh)
        except NoAnswer as error:
            raise NoAnswer(str(error), sent=False, fault=error.fault) from error
    return _kept(call, answer)


def _kept(call: Call, answer: Answer) -> str:
    """Read what the token request brought; nothing was posted yet, whatever went wrong with it."""
    told: Mapping[str, Json] = answer.body if is_mapping(answer.body) else {}
    renewed = {
        name: value for name in ("access_token", "refresh_token") if isinstance(value := told.get(name), str) and value
    }
    if answer.is_success and "access_token" in renewed:
        lasts = told.get("expires_in")
        seconds = lasts if isinstance(lasts, int) and 0 < lasts <= 86_400 else int(_TOKEN_LASTS.total_seconds())
        expires = (call.now + timedelta(seconds=seconds)).isoformat()
        secrets = {**call.secrets, **renewed, "access_token_expires": expires}
        token = checked_secret(secrets, "access_token")
        call.save_secrets(secrets)
        return token
    is_refused = answer.status in (400, 401, 403) or (answer.is_success and "error" in told)
    fault = Fault.AUTH if is_refused else Fault.RATE_LIMITED if answer.status == 429 else Fault.TRANSIENT
    raise NoAnswer(f"Reddit gave no access token ({answer.status}).", sent=False, fault=fault)


def _answer(line: Line, act: Callable[[], object]) -> Answer:
    """Let the library send its request, and take the answer from the line."""
    try:
        act()
    except prawcore.RequestException:
        return line.result()
    raise AssertionError("PRAW returned without a request.")


def _raise_refusal(answer: Answer, call: Call) -> NoReturn:
    if answer.status >= 500:
        raise ConnectorError(Fault.TRANSIENT, _detail(answer))
    rejected = refusal(answer, call)
    raise ConnectorError(rejected.fault, rejected.detail, retry_at=rejected.retry_at)


def _detail(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"Reddit sends us elsewhere ({answer.status}): set the account's address to {SITE}."
    told: Mapping[str, Json] = answer.body if is_mapping(answer.body) else {}
    said = [told.get(name) for name in ("reason", "message", "explanation")]
    shown = " ".join(" ".join(one.split()) for one in said if isinstance(one, str))[:300]
    return f"Reddit answered {answer.status}: {shown}" if shown else f"Reddit answered {answer.status}"


def _wait(told: Json, said: str) -> timedelta:
    """How long to wait, from the number that comes along, else from the sentence."""
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= 86_400:
        return timedelta(seconds=float(told))
    match = _DURATION.search(said)
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2].casefold()]) if match else _WINDOW


def _soon(now: datetime, wait: timedelta) -> datetime:
    return now + min(max(wait, timedelta(seconds=1)), _LONGEST_WAIT)


def _time(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
