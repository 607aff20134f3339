"""What a feed holds: entries of RSS and Atom as posts. Its XML is a stranger's, and may be broken or a trap."""

import calendar
import hashlib
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin
from xml.parsers import expat

import feedparser  # type: ignore[import-untyped,unused-ignore]
from feedparser.encodings import convert_to_utf8  # type: ignore[import-untyped,unused-ignore]
from feedparser.sanitizer import replace_doctype  # type: ignore[import-untyped,unused-ignore]

from connectors._reading import Json, Unreadable, is_mapping, language_of, list_of, member, text_in
from connectors._text import LONGEST, clean, one_line, plain, web_address
from connectors.base import Author, Post, Skipped

LARGEST = 4 * 1024 * 1024
"""Bytes of a feed; beyond it is no feed that a person could follow."""

LARGEST_BROKEN = 512 * 1024
"""Bytes of a feed that is no well-formed XML: it is read by patterns, whose time grows faster than its size."""

MOST_ENTRIES = 5_000
_LONGEST_ID = 300
_DEEPEST = 200
_MOST_ELEMENTS = 250_000
_AS_UTF8 = {"content-type": "application/xml; charset=utf-8"}
_HTML = frozenset({"text/html", "application/xhtml+xml"})


class NoFeed(ValueError):
    """What came is no feed that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed lives: its address, the website's name, when it was read, and the names we write under there."""

    address: str
    host: str
    now: datetime
    own_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it was read: its entries, the oldest first, and what made no sense."""

    title: str
    posts: tuple[Post, ...]
    skipped: tuple[Skipped, ...] = ()


def read(content: bytes, headers: Mapping[str, str], place: Place) -> Document:
    """Read a feed; raises `NoFeed`. An entry that makes no sense costs none of its neighbours."""
    parsed = _parsed(content, headers)
    feed = _bare(parsed.get("feed"))
    title = _line(feed, "title")
    entries = [_bare(one) for one in list_of(parsed.get("entries"))[:MOST_ENTRIES]]
    posts: list[Post] = []
    skipped: list[Skipped] = []
    for entry in reversed(entries):
        try:
            posts.append(_post(entry, feed, place))
        except Unreadable as error:
            skipped.append(Skipped(one_line(text_in(member(entry, "id")))[:60], str(error)))
    # Feeds show the newest first. Sorting keeps the order of those whose times are equal.
    ordered = sorted(posts, key=lambda post: post.created_at)
    return Document(title, tuple({post.id: post for post in ordered}.values()), tuple(skipped))


def identity_of(told: str) -> str | None:
    """Return an entry's id as it was told where it can be one, else its hash; nothing when none was told."""
    name = told.strip()
    if not name:
        return None
    fits = len(name) <= _LONGEST_ID and name.isprintable() and not any(mark.isspace() for mark in name)
    return name if fits and clean(name) == name else _hashed(name)


def _parsed(content: bytes, headers: Mapping[str, str]) -> Mapping[str, Json]:
    if len(content) > LARGEST:
        raise NoFeed(f"It has {len(content)} bytes; a feed may have {LARGEST}.")
    told = {name.casefold(): value for name, value in headers.items() if name.casefold() == "content-type"}
    try:
        _, data, entities = replace_doctype(convert_to_utf8(told, content, {}))
    except (ValueError, LookupError) as error:
        raise NoFeed("Its letters are in no encoding that can be read.") from error
    if entities:
        raise NoFeed("It declares entities of its own, as a trap would.")
    if not _is_well_formed(data) and len(data) > LARGEST_BROKEN:
        raise NoFeed("It is no well-formed XML, and too large to be guessed at.")
    # The markup is never shown: `plain` takes the text out of it, in time that grows no faster than its length.
    options = {"sanitize_html": False, "resolve_relative_uris": False}
    try:
        parsed = feedparser.parse(io.BytesIO(data), response_headers=_AS_UTF8, **options)
    except (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError) as error:
        # feedparser guesses at what is broken, and some of it breaks the guess.
        raise NoFeed("It makes no sense to a reader of feeds.") from error
    if not is_mapping(parsed) or not parsed.get("version"):
        raise NoFeed("It is something else than a feed.")
    return parsed


def _bare(told: Json) -> Json:
    """feedparser's own mapping takes one name for another: a time of change that was never told for that of writing."""
    return dict(told) if is_mapping(told) else told


def _is_well_formed(data: bytes) -> bool:
    """Look through the XML without keeping any of it; raises `NoFeed` for what is meant to exhaust a reader."""
    depth = elements = 0

    def begin(_name: str, _attributes: Mapping[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if elements > _MOST_ELEMENTS:
            raise NoFeed(f"It has more than {_MOST_ELEMENTS} elements.")
        if depth > _DEEPEST:
            raise NoFeed("Its elements lie in one another deeper than any feed's.")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_declared: object) -> None:
        raise NoFeed("It declares entities of its own, as a trap would.")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = begin, end, entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return False
    return True


def _post(entry: Json, feed: Json, place: Place) -> Post:
    url = _address(member(entry, "link"), place)
    text = _text(entry)
    identity = identity_of(text_in(member(entry, "id"))) or identity_of(url) or (_hashed(text) if text else None)
    if identity is None:
        raise Unreadable("It has neither an id nor a link nor a text.")
    if not text and not url:
        raise Unreadable("It has neither a text nor a link.")
    written, changed = _moment(entry, "published_parsed"), _moment(entry, "updated_parsed")
    created_at = written or changed or place.now
    author = _author(entry, feed, place)
    parent = identity_of(text_in(member(member(entry, "thr_in-reply-to"), "ref")))
    return Post(
        id=identity,
        text=text,
        author=author,
        created_at=created_at,
        url=url,
        parent_id=parent if parent != identity else None,
        edited_at=changed if changed is not None and changed > created_at else None,
        language=language_of(member(feed, "language")),
        venue=place.host,
        is_own=author.handle.casefold() in place.own_names,
    )


def _text(entry: Json) -> str:
    """The title, then the longest of what the entry says of itself; many a title only repeats its beginning."""
    title = one_line(_shown(member(entry, "title_detail")))
    bodies = [_shown(one) for one in (*list_of(member(entry, "content")), member(entry, "summary_detail"))]
    body = max(bodies, key=len, default="")
    begins = " ".join(body.split()).casefold().startswith(title.rstrip("….").rstrip().casefold())
    return body if title and body and begins else "\n\n".join(part for part in (title, body) if part)


def _shown(detail: Json) -> str:
    value = text_in(member(detail, "value"))
    if member(detail, "type") in _HTML:
        return plain(value)
    return clean(value[:LONGEST]).strip()


def _author(entry: Json, feed: Json, place: Place) -> Author:
    """Who wrote it: a name, never the mail address that feeds carry. Without any, the website itself."""
    detail = member(entry, "author_detail")
    told = _line(entry, "author") or _line(feed, "author")
    # feedparser takes a mail address apart only where it ends as addresses did long ago.
    name = _without_mail(told) if "@" in told else one_line(text_in(member(detail, "name"))) or told
    url = _address(member(detail, "href"), place)
    name = name or place.host
    return Author(id=url or name, handle=name, name=name, url=url)


def _without_mail(told: str) -> str:
    """RSS writes `mail@host (Name)`, others `Name <mail@host>`; of a bare address the part before the sign is left."""
    beside = " ".join(part for part in told.split() if "@" not in part).strip("()<> ")
    return beside or told.strip("()<> ").partition("@")[0]


def _moment(entry: Json, name: str) -> datetime | None:
    """Read a time that feedparser took apart; one that makes no sense is none."""
    told = member(entry, name)
    if not isinstance(told, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(told), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _address(told: Json, place: Place) -> str:
    try:
        return web_address(urljoin(place.address, text_in(told).strip())) if text_in(told).strip() else ""
    except ValueError:
        return ""


def _line(holder: Json, name: str) -> str:
    return one_line(plain(text_in(member(holder, name))[:2_000]))


def _hashed(told: str) -> str:
    return f"sha256:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:40]}"
