"""How a WordPress site is asked through its REST API: unnamed for what all may read, else as one of its users."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from connectors._line import Answer, NoAnswer, checked_address, checked_secret, whole_number
from connectors._reading import Json, member, text_in
from connectors._wire import Request, Wire
from connectors._wordpress_parse import Reader
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

FLOOD_PAUSE = timedelta(seconds=15)
"""How long WordPress wants between two comments of an account that may not moderate."""

AT_ONCE = 100
"""As many comments as WordPress gives in one page."""

_LONGEST_NAME = 60


def _said(answer: Answer) -> str:
    """WordPress's words with its own name for the error, which is what says which error it is."""
    message, code = text_in(member(answer.body, "message")), text_in(member(answer.body, "code"))
    return f"{message} ({code})" if message and code else message or code


WIRE = Wire(
    "WordPress",
    words=(
        ("(comment_duplicate)", Fault.DUPLICATE),
        ("(comment_flood)", Fault.RATE_LIMITED),
        ("(comment_content_column_length)", Fault.TOO_LONG),
        ("(rest_no_route)", Fault.INVALID),
        ("(rest_comment_trash_post)", Fault.GONE),
        ("(rest_comment_draft_post)", Fault.GONE),
        ("(rest_comment_invalid_post_id)", Fault.GONE),
        ("(rest_already_trashed)", Fault.GONE),
    ),
    said=_said,
    window=FLOOD_PAUSE,
)


def ask(call: Call, route: str, params: Mapping[str, str], *, named: bool) -> Answer:
    """Read; raises `ConnectorError`. Only with `named` does the site learn who asks."""
    try:
        request = _request(call, "GET", route, params, named=named)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    return WIRE.ask(call, request)


def write(
    call: Call, method: str, route: str, *, fields: Json = None, params: Mapping[str, str] | None = None
) -> Answer | Rejected | Unknown:
    """Send one write."""
    try:
        request = _request(call, method, route, params or {}, named=True, fields=fields)
    except NoAnswer as error:
        return Rejected(error.fault, str(error))
    return WIRE.write(call, request)


def read_listing(call: Call, params: Mapping[str, str]) -> Answer:
    """List comments as everybody sees them: asked for unnamed, nothing comes in that is not open to all."""
    return ask(call, "comments", params, named=call.options.get("read_as_account", "").strip().casefold() == "yes")


def listed(answer: Answer) -> list[Json]:
    """Return the list that the site promised; anything else is an answer that cannot be trusted to be complete."""
    if not isinstance(answer.body, list):
        raise ConnectorError(Fault.TRANSIENT, "WordPress answered with something else than a list of comments.")
    return answer.body


def has_more(answer: Answer, page: int) -> bool:
    """Whether a listing goes on after this page, as the site counts, or as its length suggests where it does not."""
    pages = whole_number(answer.headers.get("X-WP-TotalPages"))
    return pages > page if pages is not None else len(listed(answer)) >= AT_ONCE


def reader(call: Call) -> Reader:
    """Read comments as this account sees them."""
    return Reader(call.account_id, call.handle, venue_of(call))


def venue_of(call: Call) -> str:
    """The site as people know it: its host, and the folder in which it lives."""
    parts = urlsplit(call.base_url)
    return parts.netloc.rpartition("@")[2] + parts.path.rstrip("/")


def _request(
    call: Call, method: str, route: str, params: Mapping[str, str], *, named: bool, fields: Json = None
) -> Request:
    headers = {"Authorization": _basic(call)} if named else {}
    # The one address of the API that every site has, whatever its permalinks look like.
    address, asked = f"{checked_address(call.base_url)}/", {"rest_route": f"/wp/v2/{route}", **params}
    if method == "GET":
        return Request(method, address, params=asked, headers=headers)
    return Request(method, address, params=asked, headers=headers, json=fields)


def _basic(call: Call) -> str:
    """The header that names the account; raises `NoAnswer`. Blanks in an application password are for the eye."""
    name = call.secrets.get("username", "").strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or ":" in name:
        raise NoAnswer("The account has no usable username.", sent=False, fault=Fault.AUTH)
    shown = call.secrets.get("application_password", "")
    password = checked_secret({"application_password": shown.replace(" ", "")}, "application_password")
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"
