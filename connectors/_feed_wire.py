"""One exchange with a website for one of its feeds: only what changed is asked for, and only at home."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from connectors._feed_parse import Document, NoFeed, Place, read
from connectors._line import Answer, NoAnswer, checked_address
from connectors._text import one_line, plain, web_address
from connectors._wire import Request, Wire
from connectors.base import Call, ConnectorError, Fault

_ACCEPT = "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.7"
_LONGEST_TAG = 500


def _said(answer: Answer) -> str:
    """Websites refuse in pages for people, of which one line is enough."""
    return one_line(plain(answer.content[:20_000].decode(errors="replace")))[:100]


WIRE = Wire("The website", said=_said, refuses_in_pages=True)


@dataclass(frozen=True, slots=True)
class Tags:
    """What a website said of the feed's state, to be told again: then it sends nothing when nothing has changed."""

    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, answer: Answer) -> "Tags":
        told = (answer.headers.get(name) or "" for name in ("ETag", "Last-Modified"))
        return cls(*(one if _can_be_sent(one) else "" for one in told))

    @property
    def headers(self) -> dict[str, str]:
        told = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in told.items() if _can_be_sent(value)}


@dataclass(frozen=True, slots=True)
class Read:
    """A feed as it is now; without a document nothing has changed since the tags were told."""

    document: Document | None
    tags: Tags


def ask(call: Call, address: str, tags: Tags | None = None) -> Read:
    """Ask for a feed; raises `ConnectorError`."""
    known = tags or Tags()
    answer = WIRE.ask_raw(call, Request("GET", address, headers={"Accept": _ACCEPT, **known.headers}))
    if answer.status == 304:
        return Read(None, known)
    try:
        return Read(read(answer.content, answer.headers, place_of(call, address)), Tags.of(answer))
    except NoFeed as error:
        raise ConnectorError(Fault.TRANSIENT, f"{address} brought no feed. {error}") from error


def home_of(call: Call) -> str:
    """Return the account's address; raises `ConnectorError`."""
    try:
        return checked_address(call.base_url)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error


def host_of(call: Call) -> str:
    return urlsplit(home_of(call)).netloc


def address_of(call: Call, query: str) -> str:
    """Return the feed that a source names: by its whole address, by its path, or by nothing, which is the account's
    own address. Raises `ConnectorError` for one that lives on another host."""
    home = home_of(call)
    try:
        address = urljoin(home, query.strip()) if query.strip() else _whole(call, home)
        is_home = urlsplit(address)[:2] == urlsplit(home)[:2]
    except ValueError:
        address, is_home = "", False
    if not web_address(address):
        raise ConnectorError(Fault.INVALID, f"“{one_line(query)[:100]}” is no address of a feed.")
    if not is_home:
        what = f"{address} does not live on {urlsplit(home).netloc}. Connect its website as an account of its own."
        raise ConnectorError(Fault.INVALID, what)
    return address


def place_of(call: Call, address: str) -> Place:
    names = call.options.get("own_names", "").split(",")
    own = frozenset(one_line(one).casefold() for one in names if one.strip())
    return Place(address, urlsplit(address).netloc, call.now, own)


def _whole(call: Call, home: str) -> str:
    """Many feeds are told apart by what follows a question mark."""
    question = urlsplit(call.base_url).query
    return f"{home or ''}{'' if urlsplit(home).path else '/'}{'?' + question if question else ''}"


def _can_be_sent(tag: str) -> bool:
    return 0 < len(tag) <= _LONGEST_TAG and tag.isascii() and tag.isprintable()
