"""The MediaWiki connector against a real MediaWiki with nothing but its core."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from itertools import count
from uuid import uuid4

import pytest
from servers import mediawiki
from servers.mediawiki import MediaWiki

from connectors._mediawiki_signatures import Wiki
from connectors._mediawiki_wikitext import Comment, read_page
from connectors._mediawiki_wire import Visit
from connectors.base import (
    Call,
    Condition,
    Cursor,
    Fault,
    Followed,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyIntent,
    SignalKind,
    SourceKind,
)
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.mediawiki import MediaWikiConnector

pytestmark = pytest.mark.servers

CONNECTOR = MediaWikiConnector()
_numbers = count(1)


def refused(code: str) -> Trouble:
    return Trouble(status=200, body=f'{{"error": {{"code": "{code}", "info": "No."}}}}')


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaWiki]:
    with mediawiki.running(tmp_path_factory.mktemp("mediawiki")) as running:
        yield running


@pytest.fixture(scope="module")
def session(wiki: MediaWiki) -> str:
    return wiki.session()


@pytest.fixture
def proxy(wiki: MediaWiki) -> Iterator[FaultProxy]:
    with FaultProxy(wiki.url.removesuffix("/w")) as running:
        yield running


class MediaWikiWorld:
    """A talk page of its own on a real wiki. We are Harbour; Sam speaks to us."""

    connector = CONNECTOR
    forbidden: Sequence[Post] = ()
    refusals: Mapping[Fault, Trouble] = {
        Fault.AUTH: refused("assertuserfailed"),
        Fault.GONE: refused("missingtitle"),
        Fault.TOO_LONG: refused("contenttoobig"),
        Fault.RATE_LIMITED: refused("ratelimited"),
        Fault.TRANSIENT: refused("editconflict"),
        Fault.FORBIDDEN_BY_POLICY: refused("protectedpage"),
    }
    cannot: Mapping[Ability, str] = {
        Ability.PRIVATE: "A wiki that all may read has no page that they may not.",
        Ability.EDIT_TIME: "MediaWiki tells of a page when it was edited, not of a comment.",
        Ability.LENGTH: "MediaWiki limits the page, not the comment.",
        Ability.PARENT_CHECK: "The connector sees that a comment is gone before it writes.",
    }

    def __init__(self, wiki: MediaWiki, proxy: FaultProxy, session: str) -> None:
        self.wiki = wiki
        self._proxy = proxy
        self.title = f"Talk:Reader {next(_numbers)}"
        self.followed = Followed(SourceKind.FEED, self.title)
        secrets = {**wiki.secrets, "session": session}
        self.call = Call(f"{proxy.url}/w", secrets, datetime.now(UTC), account_id="Harbour", handle="Harbour")
        wiki.edit(self.title, text="''Please sign what you write.''\n")

    def comments(self) -> Sequence[Comment]:
        """All comments of the page, in the order in which they stand."""
        return read_page(str(self.wiki.page_id(self.title)), self.wiki.text(self.title), Wiki()).comments

    def make_mention(self, text: str) -> str:
        shown = text.replace("&", "&amp;")
        asked = f"{shown} {{{{ping|Harbour}}}} ~~~~"
        self.wiki.edit(self.title, section="new", sectiontitle=f"Question {next(_numbers)}", text=asked)
        return self.comments()[-1].id

    def make_private_mention(self, text: str) -> str:
        raise NotImplementedError(text)

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self.make_mention(texts[0])]
        for depth, text in enumerate(texts[1:], 1):
            self.wiki.edit(self.title, appendtext=f"\n{':' * depth} {text} ~~~~")
            made.append(self.comments()[-1].id)
        return made

    def edit_parent(self, post_id: str, text: str) -> None:
        comment = next(one for one in self.comments() if one.id == post_id)
        source = self.wiki.text(self.title)
        self.wiki.edit(self.title, text=source[: comment.words_start] + text + source[comment.words_end :])

    def delete_parent(self, post_id: str) -> None:
        comment = next(one for one in self.comments() if one.id == post_id)
        source = self.wiki.text(self.title)
        self.wiki.edit(self.title, text=source[: comment.start] + source[comment.end :])

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        source = self.wiki.text(self.title)
        ours = [one for one in self.comments() if one.author == MediaWiki.US]
        return [Stored(one.id, unescape(re.sub(r"(?m)^:+", "", source[one.start : one.words_end]))) for one in ours]


class TestMediaWiki(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self, wiki: MediaWiki, proxy: FaultProxy, session: str) -> MediaWikiWorld:
        return MediaWikiWorld(wiki, proxy, session)


@pytest.fixture
def world(wiki: MediaWiki, proxy: FaultProxy, session: str) -> MediaWikiWorld:
    return MediaWikiWorld(wiki, proxy, session)


def parent_of(world: MediaWikiWorld, text: str = "How long does it last?") -> Post:
    asked = world.make_mention(text)
    return next(post for post in CONNECTOR.fetch(world.call, world.followed, None).posts if post.id == asked)


def intent(parent: Post, text: str) -> ReplyIntent:
    return ReplyIntent(uuid4(), "", parent, text, datetime.now(UTC))


MARKUP = """It's ''not'' [[bold]] {{delete}} ~~~~ <b>really</b> & &amp; | __TOC__
* no list
= no heading =
{| no table
[https://a.example no link] <!-- shown --> <nowiki>'''x'''</nowiki>
ISBN 1, -{x}-, https://example.org/b?x=1&y=2"""


def test_nothing_of_what_we_write_is_markup(world: MediaWikiWorld) -> None:
    reply = intent(parent_of(world), CONNECTOR.render(MARKUP, None))  # type: ignore[arg-type]
    posted = CONNECTOR.reply(world.call, reply)
    assert isinstance(posted, Posted), posted
    parsed = world.wiki.ask(action="parse", page=world.title, prop="text|links|sections|templates")["parse"]
    shown = unescape(re.sub(r"<[^>]+>", "", parsed["text"]))
    for line in MARKUP.split("\n"):
        assert line.strip() in shown
    assert [one["title"] for one in parsed["templates"]] == ["Template:Ping"]
    assert "delete" not in world.wiki.text(world.title).partition("{{delete")[1]
    assert all("Bold" not in one["title"] for one in parsed["links"])
    assert len(parsed["sections"]) == 1
    assert CONNECTOR.find_own_reply(world.call, reply) is not None


def test_a_session_is_begun_once_and_renewed_when_it_ends(
    wiki: MediaWiki, world: MediaWikiWorld, proxy: FaultProxy
) -> None:
    kept: list[Mapping[str, str]] = []
    parent = parent_of(world)
    for session in ("", '{"wiki_session": "ended", "wiki_BPsession": "ended"}'):
        call = replace(world.call, secrets={**wiki.secrets, "session": session}, save_secrets=kept.append)
        assert isinstance(CONNECTOR.reply(call, intent(parent, f"It lasts {uuid4().hex}")), Posted)
    assert len(kept) == 2
    assert [len(one) for one in kept] == [3, 3]
    before = len(proxy.writes)
    call = replace(world.call, secrets=kept[-1], save_secrets=kept.append)
    assert isinstance(CONNECTOR.reply(call, intent(parent, f"It lasts {uuid4().hex}")), Posted)
    assert CONNECTOR.check(call).condition is Condition.OK
    assert len(proxy.writes) - before == 1
    assert len(kept) == 2


@pytest.mark.parametrize("who", ["Sam", "Harbour"])
def test_a_page_that_changes_between_reading_and_writing_is_not_overwritten(
    wiki: MediaWiki, world: MediaWikiWorld, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Whoever changes it, and even within one second: an account is used together, and others are fast."""
    reply = intent(parent_of(world), f"It lasts {uuid4().hex}")
    wiki.edit(world.title, who, prependtext="Welcome. ")
    write = Visit.write

    def overtaken(self: Visit, action: str, **params: str) -> object:
        wiki.edit(world.title, who, text=wiki.text(world.title).replace("How long", "In the rain, how long"))
        return write(self, action, **params)

    monkeypatch.setattr(Visit, "write", overtaken)
    outcome = CONNECTOR.reply(world.call, reply)
    monkeypatch.undo()
    # A wiki with diff3 at hand may merge the two; none loses one.
    assert isinstance(outcome, Posted) or (isinstance(outcome, Rejected) and outcome.fault is Fault.TRANSIENT), outcome
    assert "In the rain" in wiki.text(world.title)
    assert (CONNECTOR.find_own_reply(world.call, reply) is not None) is isinstance(outcome, Posted)


def test_the_same_reply_is_not_said_twice_and_none_to_what_is_gone(world: MediaWikiWorld, proxy: FaultProxy) -> None:
    reply = intent(parent_of(world), f"It lasts {uuid4().hex}")
    assert isinstance(CONNECTOR.reply(world.call, reply), Posted)
    before = len(proxy.writes)
    again = CONNECTOR.reply(world.call, reply)
    assert isinstance(again, Rejected)
    assert again.fault is Fault.DUPLICATE
    world.delete_parent(reply.parent.id)
    gone = CONNECTOR.reply(world.call, replace(reply, text="Something else"))
    assert isinstance(gone, Rejected)
    assert gone.fault is Fault.GONE
    assert len(proxy.writes) == before


def test_a_page_that_is_gone_takes_its_comments_along_and_is_not_made_again(
    wiki: MediaWiki, world: MediaWikiWorld
) -> None:
    parent = parent_of(world)
    posted = CONNECTOR.reply(world.call, intent(parent, "It lasts twelve hours."))
    assert isinstance(posted, Posted)
    wiki.delete(world.title)
    states = CONNECTOR.refresh(world.call, (parent.id, posted.receipt.id))
    assert [state.status for state in states] == [PostStatus.DELETED, PostStatus.DELETED]
    refused = CONNECTOR.reply(world.call, intent(parent, "Again"))
    assert isinstance(refused, Rejected)
    assert refused.fault is Fault.GONE
    assert isinstance(CONNECTOR.delete(world.call, posted.receipt.id), Posted)
    assert [one.kind for one in CONNECTOR.outcomes(world.call, (posted.receipt.id,))] == [SignalKind.REMOVED]
    assert wiki.text(world.title) == ""


def test_somebody_elses_words_are_not_touched_and_answers_are_seen(wiki: MediaWiki, world: MediaWikiWorld) -> None:
    parent = parent_of(world)
    for outcome in (CONNECTOR.edit(world.call, parent.id, "x"), CONNECTOR.delete(world.call, parent.id)):
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
    posted = CONNECTOR.reply(world.call, intent(parent, "It lasts twelve hours."))
    assert isinstance(posted, Posted)
    wiki.edit(world.title, appendtext="\n:: Thank you! ~~~~")
    (signal,) = CONNECTOR.outcomes(world.call, (posted.receipt.id,))
    assert (signal.kind, signal.post.text if signal.post else "") == (SignalKind.ANSWERED, "Thank you!")


def test_a_page_that_asks_programs_to_stay_away_is_left_alone(wiki: MediaWiki, world: MediaWikiWorld) -> None:
    parent = parent_of(world)
    wiki.edit(world.title, prependtext="{{bots|deny=Harbour}}\n")
    refused = CONNECTOR.reply(world.call, intent(parent, "It lasts twelve hours."))
    assert isinstance(refused, Rejected)
    assert refused.fault is Fault.FORBIDDEN_BY_POLICY


def read_to_the_end(call: Call, followed: Followed, cursor: Cursor | None) -> tuple[list[Post], Cursor | None]:
    found: list[Post] = []
    for _ in range(20):
        page = MediaWikiConnector().fetch(call, followed, cursor)
        cursor = page.cursor
        found += page.posts
        if page.complete:
            return found, cursor
    raise AssertionError("The pages have no end.")


def test_recent_changes_bring_what_is_said_anywhere_what_names_us_and_what_holds_a_word(
    wiki: MediaWiki, world: MediaWikiWorld
) -> None:
    followed = (Followed(SourceKind.FEED), Followed(SourceKind.MENTIONS), Followed(SourceKind.SEARCH, "battery cover"))
    cursors = [read_to_the_end(world.call, one, None)[1] for one in followed]
    to_us = world.make_mention("Does it float?")
    wiki.edit("Talk:Elsewhere", appendtext="\nMy cover came off, and then the battery. ~~~~\n")
    wiki.edit("User talk:Harbour", section="new", sectiontitle="Hello", text="A word with you. ~~~~")
    for number in range(30):
        wiki.edit(f"Talk:Many {number}", text=f"== One ==\nRemark {number} ~~~~")
    everything, to_read, found = (
        read_to_the_end(world.call, one, cursor)[0] for one, cursor in zip(followed, cursors, strict=True)
    )
    assert {f"Remark {number}" for number in range(30)} <= {post.text.removeprefix("One\n\n") for post in everything}
    assert len(everything) == len({post.id for post in everything})
    assert to_us in [post.id for post in to_read]
    assert any(post.text == "Hello\n\nA word with you." for post in to_read)
    assert all("Remark" not in post.text for post in to_read)
    assert [post.text for post in found] == ["My cover came off, and then the battery."]
