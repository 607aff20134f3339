"""One exchange with an Isso server: what is asked, and what its refusals mean, which are web pages."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from connectors._line import Answer, NoAnswer, checked_address, checked_secret
from connectors._reading import Json
from connectors._text import one_line, plain, web_address
from connectors._wire import Request, Wire
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

KEPT = "kept"
"""The secret that this connector makes itself: cookies by which our comments can be changed, and our own mark."""

_EMAIL = re.compile(r"[^@\s]{1,100}@[^@\s]{1,150}")
_COOKIE = re.compile(r"[A-Za-z0-9._-]{1,1000}")
_MOST_KEPT = 100


def _said(answer: Answer) -> str:
    page = answer.content[:20_000].decode(errors="replace")
    return one_line(plain(page).rpartition("\n\n")[2])


WIRE = Wire(
    "Isso",
    words=(
        ("ratelimit exceeded", Fault.RATE_LIMITED),
        ("text is too long", Fault.TOO_LONG),
        ("requested url was not found on the server", Fault.GONE),
        ("address required", Fault.INVALID),
        ("csrf", Fault.INVALID),
    ),
    by_status={404: Fault.INVALID},
    said=_said,
    refuses_in_pages=True,
)


def read(call: Call, path: str, params: Mapping[str, str] | None = None) -> Json:
    """Ask for JSON; raises `ConnectorError`."""
    return WIRE.ask(call, Request("GET", f"{home_of(call)}{path}", params or {})).body


def view(call: Call, number: int, cookie: str) -> None:
    """Ask for a comment of which we hold the cookie, whether it is public or not; raises `ConnectorError`."""
    WIRE.ask(call, Request("GET", f"{home_of(call)}/id/{number}", headers=_headers(number, cookie)))


def send(call: Call, page: str, body: object) -> Answer | Rejected | Unknown:
    """Send a new comment below a page: the answer when it is a success, else what is known of it."""
    return _write(call, "/new", Request("POST", "", {"uri": page}, json=body))


def change(call: Call, method: str, number: int, cookie: str, body: object) -> Answer | Rejected | Unknown:
    """Change or delete a comment of which we hold the cookie."""
    return _write(call, f"/id/{number}", Request(method, "", headers=_headers(number, cookie), json=body))


def home_of(call: Call) -> str:
    """Return the address of the Isso server; raises `ConnectorError`."""
    try:
        return checked_address(call.base_url)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error


def site_of(call: Call) -> str:
    """Return the address of the website whose comments these are; without one, the server's own."""
    site = call.options.get("site", "").strip().rstrip("/")
    if not site:
        return home_of(call)
    if not web_address(site):
        raise ConnectorError(Fault.INVALID, "The address of the website cannot be read.")
    return site


def host_of(call: Call) -> str:
    """Return the name of the website."""
    return urlsplit(site_of(call)).netloc


def our_name(call: Call) -> str:
    """Return the name that stands above our comments; raises `ConnectorError`."""
    name = one_line(call.options.get("author", "") or call.handle)
    if not name:
        raise ConnectorError(Fault.INVALID, "The account has no name to stand above its comments: set “author”.")
    return name


def our_email(call: Call) -> str:
    """Return the address that Isso knows us by and never shows; raises `ConnectorError`."""
    try:
        email = checked_secret(call.secrets, "email")
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    if not _EMAIL.fullmatch(email):
        raise ConnectorError(Fault.AUTH, "The account has no usable email.")
    return email


class Kept:
    """What we keep of our own comments: the cookie of each, whether it was held, and the mark that Isso gives us.

    Isso knows no accounts. A comment can be changed with the cookie that came with it, for as long as the site allows.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        try:
            kept = json.loads(call.secrets.get(KEPT, "") or "{}")
        except (ValueError, RecursionError):
            kept = {}
        kept = kept if isinstance(kept, dict) else {}
        self.mark = kept.get("mark") if isinstance(kept.get("mark"), str) else ""
        comments = kept.get("comments")
        self._comments = dict(comments) if isinstance(comments, dict) else {}

    def cookie_of(self, key: str) -> str:
        """Return the cookie of a comment; nothing when we have none."""
        return self._entry(key)[0]

    def is_ours(self, key: str) -> bool:
        return key in self._comments

    def was_held(self, key: str) -> bool:
        """Whether the site's moderators had to look at a comment first."""
        return self._entry(key)[1] == "held"

    def keep(self, key: str, answer: Answer, *, mark: str, held: bool) -> None:
        """Hand what came with an answer to the host, which stores it encrypted."""
        cookie = str(answer.headers.get("X-Set-Cookie") or "").partition(";")[0].partition("=")[2]
        known = {one: entry for one, entry in self._comments.items() if one != key}
        known[key] = [cookie if _COOKIE.fullmatch(cookie) else "", "held" if held else ""]
        self._comments = dict(list(known.items())[-_MOST_KEPT:])
        self.mark = mark or self.mark
        told = json.dumps({"mark": self.mark, "comments": self._comments}, separators=(",", ":"))
        self._call.save_secrets({**self._call.secrets, KEPT: told})

    def _entry(self, key: str) -> tuple[str, str]:
        entry = self._comments.get(key)
        if not isinstance(entry, list) or len(entry) != 2:
            return "", ""
        cookie = entry[0] if isinstance(entry[0], str) and _COOKIE.fullmatch(entry[0]) else ""
        return cookie, str(entry[1])


def _write(call: Call, path: str, request: Request) -> Answer | Rejected | Unknown:
    try:
        return WIRE.write(call, replace(request, url=f"{home_of(call)}{path}"))
    except ConnectorError as error:
        return Rejected(error.fault, error.detail)


def _headers(number: int, cookie: str) -> dict[str, str]:
    return {"Cookie": f"{number}={cookie}"}
