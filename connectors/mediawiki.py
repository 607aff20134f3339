"""MediaWiki: conversations on talk pages, what names us there, and replies by one signed edit."""

from datetime import datetime, timedelta
from uuid import UUID

from connectors import _mediawiki_sources
from connectors._conversation import rooted
from connectors._mediawiki_editing import Desk, opened, shuns, summary_of, with_reply, with_words, without
from connectors._mediawiki_pages import (
    CONTENT,
    Sheet,
    missing_in,
    own_name,
    page_of,
    read_sheets,
    revisions_of,
    sheet_of,
    wiki_in,
)
from connectors._mediawiki_signatures import user_name
from connectors._mediawiki_text import as_wikitext
from connectors._mediawiki_wikitext import Comment, TalkPage, read_page
from connectors._mediawiki_wire import WIRE, Visit, must_be_usable, venue_of
from connectors._reading import Json, count_of, member, optional_id, optional_time, text_in
from connectors._text import clean, one_line, same
from connectors.base import (
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    DuplicateProtection,
    Fault,
    Followed,
    Health,
    Identity,
    Length,
    No,
    Outcome,
    Page,
    Permission,
    Policy,
    Post,
    Posted,
    PostState,
    PostStatus,
    Receipt,
    Rejected,
    ReplyContext,
    ReplyIntent,
    Signal,
    SignalKind,
    Spec,
    Thread,
    Unknown,
    Yes,
)

USUAL_LENGTH = 2_097_152
"""Bytes that a wiki takes of a whole page, where it says nothing else."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far a wiki's clock and ours may be apart when we look for a reply of ours."""

_AT_ONCE = 50
_PAGES_BACK = 10
_WIKIMEDIA = (
    *("wikipedia.org", "wikimedia.org", "wiktionary.org", "wikibooks.org", "wikinews.org", "wikiquote.org"),
    *("wikisource.org", "wikiversity.org", "wikivoyage.org", "wikidata.org", "wikifunctions.org", "mediawiki.org"),
)
_PAID = "https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use#4._Refraining_from_Certain_Activities"
_SHARED = "https://en.wikipedia.org/wiki/Wikipedia:Username_policy#Shared_accounts"
_MODELS = "https://en.wikipedia.org/wiki/Wikipedia:Talk_page_guidelines"
_EDIT = "https://www.mediawiki.org/wiki/API:Edit"

SPEC = Spec(
    name="mediawiki",
    title="MediaWiki",
    capabilities=frozenset(
        {
            Capability.MENTIONS,
            Capability.FEED,
            Capability.SEARCH,
            Capability.THREAD,
            Capability.REPLY,
            Capability.EDIT,
            Capability.DELETE,
            Capability.METRICS,
        }
    ),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    # An edit names the revision that it changes: the same request, sent twice, is refused the second time.
    duplicate_protection=DuplicateProtection.SERVER_REFUSAL,
    settle=timedelta(seconds=15),
    policy=Policy(
        ai_approval_required=True,
        opt_out_words=frozenset({"stop", "{{nobots}}"}),
        purge_within=timedelta(hours=24),
        sources=(_PAID, _SHARED, _MODELS, _EDIT, "https://www.mediawiki.org/wiki/API:Etiquette"),
    ),
    secrets={
        "bot_username": "Special:BotPasswords → a name, grants “Edit existing pages” → the name with an @ in it.",
        "bot_password": "The same page: the long password that it shows once.",
        "access_token": "Instead of both, where the wiki has OAuth: the access token of an owner-only consumer.",
    },
    # One of the two ways is enough. A wiki counts sign-ins, so the session is kept.
    optional_secrets=frozenset({"bot_username", "bot_password", "access_token"}),
    renewed=frozenset({"session"}),
    options={
        "paid_disclosure": "On Wikimedia's wikis: the address of the user page on which the account says who pays it."
    },
)


class MediaWikiConnector:
    """Speaks to one wiki per call, through mwclient."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        try:
            must_be_usable(call)
            asked = Visit(call).ask_named(meta="userinfo|siteinfo", siprop="general", uiprop="blockinfo")
        except ConnectorError as error:
            return WIRE.health(error)
        query = member(asked.body, "query")
        person, general = member(query, "userinfo"), member(query, "general")
        name = user_name(one_line(text_in(member(person, "name"))))
        if not name or optional_id(member(person, "id")) in (None, "0"):
            return Health(Condition.DOWN, venue=venue_of(call), detail="The wiki did not say who we are.")
        if (blocked_by := text_in(member(person, "blockedby"))) and member(person, "blockpartial") is not True:
            reason = (
                f"{one_line(blocked_by)} has blocked the account: {one_line(text_in(member(person, 'blockreason')))}"
            )
            return Health(Condition.DENIED, name, name, venue_of(call), detail=reason)
        return Health(Condition.OK, name, name, venue_of(call), count_of(member(general, "maxarticlesize")) or None)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _mediawiki_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        sheet = sheet_of(Visit(call), page_of(post_id))
        asked = sheet.page.named(post_id)
        if asked is None:
            raise ConnectorError(Fault.GONE, "The comment is no longer on its page.")
        posts = [sheet.post(one, call) for one in sheet.page.comments if one.root == asked.root]
        root = sheet.page.comments[asked.root].id
        return Thread(root, rooted(posts, root))

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read each page once. Nobody tells when a comment was edited: it is live, with its present text."""
        pages = list(dict.fromkeys(map(page_of, post_ids)))
        states: dict[str, PostState] = {}
        for start in range(0, len(pages), _AT_ONCE):
            sheets = _sheets(call, pages[start : start + _AT_ONCE])
            for sheet in sheets:
                states |= {post.id: PostState(post.id, PostStatus.LIVE, post) for post in sheet.posts(call)}
        return tuple(states.get(one) or PostState(one, PostStatus.DELETED) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        """Wikimedia's wikis ask whoever is paid to say so, and give an account to one person alone."""
        if not post.is_public:
            return No("mediawiki.open_to_all", "Only what is open to all is answered from a team.", _EDIT)
        host = venue_of(call).partition(":")[0].casefold()
        if not any(host == one or host.endswith(f".{one}") for one in _WIKIMEDIA):
            return Yes()
        if call.identity is Identity.BRAND:
            reason = "On Wikimedia's wikis an account belongs to one person: answer with an employee's own."
            return No("mediawiki.one_person", reason, _SHARED)
        if not call.options.get("paid_disclosure", "").strip():
            reason = "Whoever is paid to take part must say so on their user page; note its address at the account."
            return No("mediawiki.paid_disclosure", reason, _PAID)
        return Yes()

    def measure(self, text: str, context: ReplyContext) -> Length:
        stored = as_wikitext(self.render(text, context), ":")
        return Length(len(stored.encode("utf-8", "replace")), context.max_length or USUAL_LENGTH, "bytes")

    def render(self, text: str, context: ReplyContext) -> str:
        """Words alone: the wiki adds the signature, and the place below its parent says whom a reply answers."""
        del context
        lines = clean(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        return "\n".join(line for line in map(str.strip, lines) if line)

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        del now
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        """Read the page as it is now, then send one edit that holds only for it."""
        try:
            desk = opened(call, page_of(intent.parent.id))
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        parent = desk.sheet.page.named(intent.parent.id)
        if parent is None:
            return Rejected(Fault.GONE, "The comment is no longer on its page.")
        if (refusal := _refused(desk, parent, intent)) is not None:
            return refusal
        return _saved_reply(desk, parent, intent)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        """Look through our own edits of the page: what a signature claims, its history proves."""
        page_id, visit = page_of(intent.parent.id), Visit(call)
        us = user_name(call.account_id) or own_name(visit)
        since = (intent.attempted_at - CLOCK_SKEW).replace(second=0, microsecond=0)
        asked = {**CONTENT, "pageids": page_id, "rvuser": us, "rvend": f"{since:%Y-%m-%dT%H:%M:%SZ}", "rvlimit": "20"}
        further: dict[str, str] = {}
        for _ in range(_PAGES_BACK):
            answer = visit.ask(**asked, **further)
            for page in revisions_of(answer, wiki_in(answer)):
                if (found := _sought(page, intent, us, since)) is not None:
                    return Receipt(found.id, intent.parent.url, found.signed_at)
            onward = text_in(member(member(answer.body, "continue"), "rvcontinue"))
            if not onward:
                return None
            further = {"rvcontinue": onward}
        raise ConnectorError(Fault.TRANSIENT, "We have edited this page too often since then to look through it.")

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        return _changed(call, post_id, text)

    def delete(self, call: Call, post_id: str) -> Outcome:
        """Take our comment off the page. Its history keeps it: only the wiki's administrators can take that away."""
        outcome = _changed(call, post_id, None)
        if isinstance(outcome, Rejected) and outcome.fault is Fault.GONE:
            return Posted(Receipt(post_id))
        return outcome

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        pages = list(dict.fromkeys(map(page_of, post_ids)))
        posts = [post for sheet in _sheets(call, pages[:_AT_ONCE]) for post in sheet.posts(call)]
        ids = {post.id for post in posts}
        signals = [Signal(SignalKind.REMOVED, one) for one in post_ids if one not in ids]
        answers = (post for post in posts if post.parent_id in post_ids and not post.is_own)
        return (*signals, *(Signal(SignalKind.ANSWERED, post.parent_id or "", post=post) for post in answers))


def _sheets(call: Call, pages: list[str]) -> list[Sheet]:
    """Read pages; those that are gone are left out, those that cannot be read make the answer worthless."""
    sheets, answer = read_sheets(Visit(call), {"pageids": "|".join(pages)})
    known = {sheet.source.page_id for sheet in sheets} | missing_in(answer)
    if unknown := [one for one in pages if one not in known]:
        raise ConnectorError(Fault.TRANSIENT, f"The wiki did not say what became of {len(unknown)} pages.")
    return sheets


def _refused(desk: Desk, parent: Comment, intent: ReplyIntent) -> Rejected | None:
    """What speaks against a reply, now that the page is known."""
    if shuns(desk.text, desk.us):
        return Rejected(Fault.FORBIDDEN_BY_POLICY, "The page asks programs to leave it alone. Answer there by hand.")
    comments = desk.sheet.page.comments
    ours = (one for one in comments if one.author == desk.us and one.parent is not None)
    if any(comments[one.parent or 0].id == parent.id and same(one.text, intent.text) for one in ours):
        return Rejected(Fault.DUPLICATE, "We have said this here already.")
    return None


def _saved_reply(desk: Desk, parent: Comment, intent: ReplyIntent) -> Outcome:
    text = with_reply(desk.sheet, parent, intent.text)
    told = desk.save(text, summary_of(parent, "Reply"))
    if isinstance(told, Rejected | Unknown):
        return told
    page, posted_at = _as_saved(desk, told, text)
    found = _sought(page, intent, desk.us, None)
    if found is None:
        return Unknown("The wiki took the edit, but the reply does not stand under its comment.")
    return Posted(Receipt(found.id, intent.parent.url, posted_at or found.signed_at), found.text)


def _as_saved(desk: Desk, told: Json, text: str) -> tuple[TalkPage, datetime | None]:
    """Read our revision back, for how the wiki signed it; else sign it here as the wiki does by default."""
    posted_at = optional_time(member(told, "newtimestamp"))
    asked = {**CONTENT, "revids": optional_id(member(told, "newrevid")) or ""}
    try:
        answer = desk.visit.ask(**asked)
    except ConnectorError:
        answer = None
    pages = revisions_of(answer, desk.sheet.wiki) if answer is not None else []
    if pages:
        return pages[0], posted_at
    signed = f"[[User:{desk.us}]] {posted_at or desk.visit.call.now:%H:%M, %d %B %Y} (UTC)"
    return read_page(desk.sheet.source.page_id, text.replace("~~~~", signed), desk.sheet.wiki), posted_at


def _sought(page: TalkPage, intent: ReplyIntent, us: str, since: datetime | None) -> Comment | None:
    """The reply: by us, under the same comment, in the same words, not before we tried; the newest of several."""
    for one in reversed(page.comments):
        if one.author != us or one.parent is None or page.comments[one.parent].id != intent.parent.id:
            continue
        if (since is None or one.signed_at >= since) and same(one.text, intent.text):
            return one
    return None


def _changed(call: Call, post_id: str, text: str | None) -> Outcome:
    """Change the words of a comment of ours, or without words take it away."""
    try:
        desk = opened(call, page_of(post_id))
    except ConnectorError as error:
        return Rejected(error.fault, error.detail, error.retry_at)
    comment = desk.sheet.page.named(post_id)
    if comment is None:
        return Rejected(Fault.GONE, "The comment is no longer on its page.")
    if comment.author != desk.us:
        return Rejected(Fault.FORBIDDEN_BY_POLICY, "Somebody else wrote this comment.")
    if text is None:
        told = desk.save(without(desk.sheet, comment), summary_of(comment, "Taking my comment back"))
    else:
        told = desk.save(with_words(desk.sheet, comment, text), summary_of(comment, "Mending my comment"))
    if isinstance(told, Rejected | Unknown):
        return told
    return Posted(Receipt(post_id, posted_at=optional_time(member(told, "newtimestamp"))), text)
