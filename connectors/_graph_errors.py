"""What Meta's Graph API says when it refuses, and how much of its limits is used up.

The body decides, by its `code` and `error_subcode`: nearly everything comes with the status 400.
https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connectors._line import Answer
from connectors._reading import Json, is_mapping, list_of, member, text_in
from connectors.base import Allowance, Fault

USUAL_WINDOW = timedelta(hours=1)
"""Both kinds of limit are counted over rolling windows; the shorter is an hour."""

_INSIDE = (1, 2)
_TOKEN = (102, 190)
_TOO_MANY = (4, 17, 32, 341, 613, *range(80_000, 80_015))
_NOT_ALLOWED = (3, 10, 368, *range(200, 300))

_WHY_NO_TOKEN = {
    458: "The app was removed from the account.",
    459: "Somebody must sign in on the web, where a security check waits.",
    460: "The password was changed.",
    463: "The token expired.",
    464: "The person's account is not confirmed.",
    467: "The token is no longer valid.",
    492: "The person lost their role on the Page.",
}
_REPEATED_CODE = re.compile(r"^\(#\d+\)\s*")


def _named(codes: Sequence[int], fault: Fault) -> tuple[tuple[str, Fault], ...]:
    return tuple((f"(#{code}, ", fault) for code in codes)


WORDS: tuple[tuple[str, Fault], ...] = (
    ("(#100, 33)", Fault.GONE),
    ("appsecret_proof", Fault.AUTH),
    ("an active access token must be used", Fault.AUTH),
    ("length of param", Fault.TOO_LONG),
    ("characters long", Fault.TOO_LONG),
    ("too long", Fault.TOO_LONG),
    *_named(_TOKEN, Fault.AUTH),
    *_named(_TOO_MANY, Fault.RATE_LIMITED),
    *_named(_NOT_ALLOWED, Fault.FORBIDDEN_BY_POLICY),
    *_named((506,), Fault.DUPLICATE),
    *_named((803,), Fault.GONE),
    # Something broke inside: a write may have been done before.
    *_named(_INSIDE, Fault.UNKNOWN_OUTCOME),
)


def error_in(body: Json) -> bool:
    """Whether an answer is an error, whatever its status says."""
    return is_mapping(member(body, "error"))


def said(answer: Answer) -> str:
    """Say an error for people, with its numbers. Meta's own words about a token may repeat the token: ours do not."""
    error = member(answer.body, "error")
    if not is_mapping(error):
        return text_in(error)
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    if code in _TOKEN:
        words = _WHY_NO_TOKEN.get(subcode, "The access token is not valid.")
    else:
        words = text_in(error.get("error_user_msg")) or text_in(error.get("message"))
    return f"{_REPEATED_CODE.sub('', words[:1_000])} (#{code}, {subcode})"


def waits(answer: Answer) -> timedelta | None:
    """How long until Meta takes requests again, where it tells."""
    minutes = max((_number(one.get("estimated_time_to_regain_access")) for one in _business_usage(answer)), default=0)
    return timedelta(minutes=minutes) if 0 < minutes < 100_000 else None


def allowance(answer: Answer, now: datetime) -> Allowance | None:
    """What is left, in hundredths of the limit that is nearest to its end: Meta tells no numbers of requests."""
    shares = [share for one in (_json(answer, "X-App-Usage"), *_business_usage(answer)) for share in _shares(one)]
    if not shares:
        return None
    return Allowance(int(100 - max(shares)), now + (waits(answer) or USUAL_WINDOW))


def _shares(usage: Json) -> Iterator[float]:
    """Yield what is used up of each limit, in hundredths; nonsense is left out."""
    for name in ("call_count", "total_time", "total_cputime"):
        share = member(usage, name)
        if isinstance(share, int | float) and not isinstance(share, bool) and share >= 0:
            yield float(min(share, 100))


def _business_usage(answer: Answer) -> Iterator[dict[str, Json]]:
    by_business = _json(answer, "X-Business-Use-Case-Usage")
    for limits in by_business.values() if is_mapping(by_business) else ():
        yield from (dict(one) for one in list_of(limits) if is_mapping(one))


def _json(answer: Answer, header: str) -> Json:
    try:
        return json.loads(answer.headers.get(header) or "null")
    except (ValueError, RecursionError):
        return None


def _number(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12 else 0
