"""One exchange with a Discourse forum: where it lives, who asks, and what its refusals mean."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote, urlencode, urlsplit

from connectors._line import Answer, NoAnswer, checked_address, checked_secret
from connectors._reading import Json, list_of, member, optional_id, text_in
from connectors._wire import Request, Wire
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def _said(answer: Answer) -> str:
    """Discourse's own words: a list of errors; before it, from plain pages, one message."""
    errors = "; ".join(filter(None, map(text_in, list_of(member(answer.body, "errors")))))
    return errors or text_in(member(answer.body, "message"))


def _waits(answer: Answer) -> timedelta | None:
    seconds = member(member(answer.body, "extras"), "wait_seconds")
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    return timedelta(seconds=seconds) if 0 <= seconds < 10_000_000 else None


WIRE = Wire(
    "Discourse",
    words=(
        ("api username or key is invalid", Fault.AUTH),
        ("need to be logged in", Fault.AUTH),
        ("too similar to what you recently posted", Fault.DUPLICATE),
        ("closed or deleted while you were looking", Fault.GONE),
        ("characters; you entered", Fault.TOO_LONG),
        ("too many times", Fault.RATE_LIMITED),
    ),
    said=_said,
    waits=_waits,
)


def read(call: Call, path: str, params: Mapping[str, str] | None = None) -> Json:
    """Ask for one page of JSON; raises `ConnectorError`."""
    return WIRE.ask(call, _request(call, "GET", path, params or {})).body


def write(call: Call, method: str, path: str, body: object = None) -> Answer | Rejected | Unknown:
    """Send one write: the answer when it is a success, else what is known of it."""
    try:
        request = _request(call, method, path, {}, body)
    except ConnectorError as error:
        return Rejected(error.fault, error.detail)
    return WIRE.write(call, request)


def posts_of(call: Call, topic_id: str, post_ids: Sequence[str]) -> list[Json]:
    """Read some posts of one topic; those that are gone are missing from the answer."""
    query = urlencode([("post_ids[]", one) for one in post_ids])
    return posts_in(read(call, f"/t/{topic_id}/posts.json?{query}"))


def posts_in(topic: Json) -> list[Json]:
    """Return the posts of an answer about a topic; raises `ConnectorError` when it is something else."""
    posts = member(member(topic, "post_stream"), "posts")
    if not isinstance(posts, list):
        raise ConnectorError(Fault.TRANSIENT, "Discourse answered with something else than a topic.")
    return posts


def listed(body: Json, name: str) -> list[Json]:
    """Return a list that Discourse promised; anything else is an answer that cannot be trusted to be complete."""
    found = member(body, name)
    if not isinstance(found, list):
        raise ConnectorError(Fault.TRANSIENT, "Discourse answered with something else than a list.")
    return found


def checked_id(value: str) -> str:
    """Return an id that is safe in a path; raises `ConnectorError`."""
    found = optional_id(value)
    if found is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a post.")
    return quote(found, safe="")


def user_name(call: Call) -> str:
    """Return whose name we use; nothing when the key belongs to one person anyway. Raises `ConnectorError`."""
    name = call.options.get("username", "").strip().removeprefix("@") or call.handle
    if name and not _NAME.fullmatch(name):
        raise ConnectorError(Fault.INVALID, "The account's user name on Discourse cannot be read.")
    return name


def host_of(call: Call) -> str:
    """Return the host by which a forum is known."""
    try:
        return urlsplit(call.base_url).netloc
    except ValueError:
        return ""


def home_of(call: Call) -> str:
    """Return the forum's address, with the folder that it may live in; raises `ConnectorError`."""
    try:
        return checked_address(call.base_url)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error


def _request(call: Call, method: str, path: str, params: Mapping[str, str], body: object = None) -> Request:
    try:
        key = checked_secret(call.secrets, "api_key")
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    headers = {"Api-Key": key, "Api-Username": user_name(call)}
    kept = {name: value for name, value in headers.items() if value}
    return Request(method, f"{home_of(call)}{path}", params, kept, body)
