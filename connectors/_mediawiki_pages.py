"""Talk pages as the API gives them, read into posts. Nothing in them is trusted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo

from connectors._line import Answer
from connectors._mediawiki_signatures import Wiki, user_name, wiki_of
from connectors._mediawiki_wikitext import Comment, TalkPage, called_in, read_page
from connectors._mediawiki_wire import Visit, venue_of
from connectors._reading import Json, id_of, is_mapping, list_of, member, optional_id, optional_time, text_in
from connectors._text import clean, one_line, web_address
from connectors.base import Author, Call, ConnectorError, Fault, Post, Skipped

CONTENT = {
    "prop": "revisions|info",
    "rvprop": "ids|timestamp|content|user",
    "rvslots": "main",
    "inprop": "url",
    "meta": "siteinfo",
    "siprop": "general|namespaces|namespacealiases",
}
"""What is asked of every page: its newest text, its address, and what the wiki calls its users."""

_MOST_CONTINUATIONS = 60


@dataclass(frozen=True, slots=True)
class Source:
    """A page as it was sent: its text at one revision."""

    page_id: str
    title: str
    url: str
    revision: str
    changed_at: datetime
    text: str
    namespace: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page read: where it is, and the conversations on it."""

    source: Source
    page: TalkPage
    wiki: Wiki

    def post(self, comment: Comment, call: Call) -> Post:
        """Return a comment as a post; the first of a section says under which heading it stands."""
        begins = comment is self.page.comments[comment.root]
        above = f"{comment.heading}\n\n" if begins and comment.heading else ""
        author, us = one_line(comment.author), user_name(call.account_id)
        return Post(
            id=comment.id,
            text=clean(above + comment.text),
            author=Author(author, author, author, self._address_of(author)),
            created_at=comment.signed_at,
            url=self._address(comment.heading),
            parent_id=None if comment.parent is None else self.page.comments[comment.parent].id,
            root_id=self.page.comments[comment.root].id,
            venue=venue_of(call),
            mentioned=frozenset(call.account_id if name == us else name for name in called_in(comment, self.wiki)),
            is_own=bool(us) and author == us,
        )

    def posts(self, call: Call) -> list[Post]:
        """Return all comments in their order."""
        return [self.post(comment, call) for comment in self.page.comments]

    @property
    def skipped(self) -> list[Skipped]:
        return [Skipped(one_line(one), "The time of a signature cannot be read.") for one in self.page.unreadable]

    def _address(self, heading: str) -> str:
        anchor = f"#{quote(heading.replace(' ', '_'), safe='')}" if heading else ""
        return web_address(self.source.url + anchor) or self.source.url

    def _address_of(self, author: str) -> str:
        here = quote(self.source.title.replace(" ", "_"), safe=":/()!,;@*~")
        before, found, _ = self.source.url.rpartition(here) if here else ("", "", "")
        return web_address(f"{before}User:{quote(author.replace(' ', '_'))}") if found else ""


def read_sheets(visit: Visit, params: Mapping[str, str], *, named: bool = False) -> tuple[list[Sheet], Answer]:
    """Read pages whole, however many answers the wiki makes of it; return them with the last answer."""
    found: dict[str, Source] = {}
    wiki = Wiki()
    further: dict[str, str] = {}
    for _ in range(_MOST_CONTINUATIONS):
        asked = {**CONTENT, **params, **further}
        answer = visit.ask_named(**asked) if named else visit.ask(**asked)
        query = member(answer.body, "query")
        wiki = _wiki(query, wiki)
        found |= {source.page_id: source for page in list_of(member(query, "pages")) if (source := _source(page))}
        further = _further(answer, params)
        if not further:
            sheets = [Sheet(one, read_page(one.page_id, one.text, wiki), wiki) for one in found.values()]
            return sheets, answer
    raise ConnectorError(Fault.TRANSIENT, "The wiki makes too many answers of one question.")


def sheet_of(visit: Visit, page_id: str, *, named: bool = False) -> Sheet:
    """Read one page by its number; raises `ConnectorError`."""
    sheets, answer = read_sheets(visit, {"pageids": page_id}, named=named)
    sheet = next((one for one in sheets if one.source.page_id == page_id), None)
    if sheet is not None:
        return sheet
    if page_id in missing_in(answer):
        raise ConnectorError(Fault.GONE, "The page is no longer there.")
    raise ConnectorError(Fault.TRANSIENT, "The wiki sent a page that cannot be read.")


def missing_in(answer: Answer) -> frozenset[str]:
    """Return the numbers of the pages that the wiki says it does not have."""
    pages = list_of(member(member(answer.body, "query"), "pages"))
    return frozenset(str(member(page, "pageid")) for page in pages if member(page, "missing") is True)


def revisions_of(answer: Answer, wiki: Wiki) -> list[TalkPage]:
    """Return what one page was at each of its revisions in an answer."""
    found: list[TalkPage] = []
    for page in list_of(member(member(answer.body, "query"), "pages")):
        for revision in list_of(member(page, "revisions")) if is_mapping(page) else ():
            source = _source({**page, "revisions": [revision]}) if is_mapping(page) else None
            if source is not None:
                found.append(read_page(source.page_id, source.text, wiki))
    return found


def page_of(post_id: str) -> str:
    """Return the number of the page on which a post stands; raises `ConnectorError`."""
    number, _, rest = post_id.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) <= 20 and optional_id(rest)):
        raise ConnectorError(Fault.INVALID, "This is no comment on a wiki.")
    return number


def _further(answer: Answer, params: Mapping[str, str]) -> dict[str, str]:
    """What to ask for the rest of the same pages; where the list of pages itself goes on is for the source to say."""
    told = member(answer.body, "continue")
    if member(answer.body, "batchcomplete") is True or not is_mapping(told):
        return {}
    generator = "g" if "generator" in params else "\0"
    return {name: str(value) for name, value in told.items() if not name.startswith(generator)}


def _source(page: Json) -> Source | None:
    """Return the page when it is wikitext and was sent with its text."""
    identity, revision = optional_id(member(page, "pageid")), next(iter(list_of(member(page, "revisions"))), None)
    slot = member(member(revision, "slots"), "main")
    text, changed_at = member(slot, "content"), optional_time(member(revision, "timestamp"))
    number = optional_id(member(revision, "revid"))
    if identity is None or not identity.isdigit() or not isinstance(text, str) or changed_at is None:
        return None
    if member(slot, "contentmodel") not in ("wikitext", None) or number is None:
        return None
    namespace = member(page, "ns")
    return Source(
        identity,
        one_line(text_in(member(page, "title"))),
        web_address(member(page, "canonicalurl")) or web_address(member(page, "fullurl")),
        number,
        changed_at,
        text,
        namespace if isinstance(namespace, int) else 0,
    )


def wiki_in(answer: Answer) -> Wiki:
    """Return what the wiki says of itself, as readers of talk pages need it."""
    return _wiki(member(answer.body, "query"), Wiki())


def _wiki(query: Json, known: Wiki) -> Wiki:
    spaces = member(query, "namespaces")
    if not is_mapping(spaces):
        return known
    names: dict[int, set[str]] = {}
    for space in [*spaces.values(), *list_of(member(query, "namespacealiases"))]:
        number = member(space, "id")
        told = (text_in(member(space, name)) for name in ("name", "canonical", "alias"))
        if isinstance(number, int):
            names.setdefault(number, set()).update(name[:100] for name in told if name)
    return wiki_of(names, _zone(member(member(query, "general"), "timezone")))


def _zone(name: Json) -> tzinfo:
    try:
        return ZoneInfo(name) if isinstance(name, str) else UTC
    except (ValueError, OSError, KeyError):
        return UTC


def in_order(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Sort by time; of one minute, in the order in which they stand."""
    return tuple(sorted(posts, key=lambda post: post.created_at))


def own_name(visit: Visit) -> str:
    """Ask the wiki what we are called there."""
    person = member(member(visit.ask_named(meta="userinfo").body, "query"), "userinfo")
    if id_of(person) in (None, "0") or not text_in(member(person, "name")):
        raise ConnectorError(Fault.TRANSIENT, "The wiki did not say who we are.")
    return user_name(text_in(member(person, "name")))
