"""Stack Exchange: questions by tag or words, with their answers and comments; answered by hand, in one's own name."""

from datetime import timedelta
from html import unescape

from connectors import _stackexchange_sources
from connectors._conversation import rooted
from connectors._listening import ListenOnly
from connectors._reading import is_mapping, member, text_in
from connectors._stackexchange_parse import ANSWER, COMMENT, QUESTION
from connectors._stackexchange_sources import by_numbers, conversation, must_be_ref, question_of, reader
from connectors._stackexchange_wire import USUAL_SITE, WIRE, ask, site_of
from connectors._text import one_line
from connectors.base import (
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    DuplicateProtection,
    Followed,
    Handoff,
    Health,
    Identity,
    Length,
    No,
    Page,
    Permission,
    Policy,
    Post,
    PostState,
    PostStatus,
    ReplyContext,
    Spec,
    Thread,
)

_PROMOTION = "https://stackoverflow.com/help/promotion"
_GENERATED = "https://stackoverflow.com/help/gen-ai-policy"
_ONE_PERSON = "https://stackoverflow.com/conduct/inauthentic-usage"
_THROTTLES = "https://api.stackexchange.com/docs/throttle"
_TERMS = "https://stackoverflow.com/legal/api-terms-of-use"
_ANYONE = "anyone"
_COMMENT_LENGTH = 600

SPEC = Spec(
    name="stackexchange",
    title="Stack Exchange",
    capabilities=frozenset({Capability.SEARCH, Capability.HASHTAG, Capability.THREAD, Capability.HANDOFF}),
    identities=frozenset({Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(minutes=1),
    policy=Policy(
        ai_text_allowed=False,
        cross_account_duplicate_ban=True,
        purge_within=timedelta(hours=24),
        sources=(_PROMOTION, _GENERATED, _ONE_PERSON, _THROTTLES, _TERMS),
    ),
    secrets={"key": "A request key of an app registered at https://stackapps.com: 10,000 requests a day, without 300."},
    options={
        "site": f"The site of the network, by its domain: {USUAL_SITE} unless told otherwise.",
        "user_id": "This person's number on that site, as it stands in the address of their profile.",
    },
    optional_secrets=frozenset({"key"}),
)


class StackExchangeConnector(ListenOnly):
    """Reads one site of the network per account, through the API at api.stackexchange.com."""

    spec = SPEC
    longest = 30_000

    def check(self, call: Call) -> Health:
        """Ask for the site, which tells whether the key is good, and for the person whose number was recorded."""
        number = call.options.get("user_id", "").strip()
        try:
            asked = f"/users/{number}" if number.isascii() and number.isdigit() else "/info"
            found = next((one for one in ask(call, asked, {"filter": "default"}).items if is_mapping(one)), None)
            site = site_of(call)
        except ConnectorError as error:
            return WIRE.health(error)
        if asked == "/info":
            return Health(Condition.OK, _ANYONE, _ANYONE, site)
        if found is None:
            return Health(Condition.DENIED, venue=site, detail=f"{site} knows nobody of the number {number}.")
        name = one_line(unescape(text_in(member(found, "display_name"))))
        return Health(Condition.OK, number, name or number, site)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return _stackexchange_sources.fetch(call, followed, cursor)

    def thread(self, call: Call, post_id: str) -> Thread:
        found = conversation(call, question_of(call, post_id))
        posts = rooted(found.posts, found.root_id)
        return Thread(found.root_id, posts, truncated=not found.is_whole, allowance=found.allowance)

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Read a hundred of a kind at once. What is left out of the answer was deleted."""
        found: dict[str, Post] = {}
        unread: set[str] = set()
        reads = reader(call)
        refs = [must_be_ref(one) for one in post_ids]
        for kind, read in ((QUESTION, reads.question), (ANSWER, reads.answer), (COMMENT, reads.comment)):
            raw = by_numbers(call, kind, [ref.number for ref in refs if ref.kind == kind])
            posts, skipped = reads.posts(raw, read)
            found |= {post.id: post for post in posts}
            unread |= {f"{kind}{one.id}" for one in skipped}
        return tuple(_state(one, found, unread) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        del call
        if not post.is_public:
            return No("stackexchange.open_to_all", "Only what is open to all is answered from a team.", _PROMOTION)
        reason = (
            "On Stack Exchange a person answers from their own account, says in the text that they work for us, and "
            "uses no text that a model wrote. Posts whose only end is to promote a product are removed as spam."
        )
        return Handoff(post.url, "stackexchange.own_words_and_affiliation", reason, _PROMOTION)

    def measure(self, text: str, context: ReplyContext) -> Length:
        """A question is answered at length; an answer or a comment is answered by a comment, which is short."""
        longest = self.longest if context.parent.id.startswith(QUESTION) else _COMMENT_LENGTH
        return Length(len(self.render(text, context)), context.max_length or longest)


def _state(post_id: str, found: dict[str, Post], unread: set[str]) -> PostState:
    post = found.get(post_id)
    if post is None:
        return PostState(post_id, PostStatus.LIVE if post_id in unread else PostStatus.DELETED)
    return PostState(post_id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)
