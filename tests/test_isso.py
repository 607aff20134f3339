"""The Isso connector against a real Isso: moderators, cookies that grow too old, numbers used twice, and bad input."""

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import isso
from servers.isso import Isso

from connectors._isso_parse import Comment, Ref, comment_of
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Identity,
    No,
    PendingRemote,
    Post,
    Posted,
    PostStatus,
    Receipt,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SignalKind,
    SourceKind,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.isso import SPEC, IssoConnector

CONNECTOR = IssoConnector()
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
TREE: dict[str, Any] = {
    "id": None,
    "total_replies": 2,
    "hidden_replies": 0,
    "replies": [
        {
            "id": 1,
            "parent": None,
            "created": 1_793_000_000.25,
            "modified": 1_793_000_100.5,
            "mode": 1,
            "text": "<p>Is it <em>R&amp;D</em>?</p>",
            "author": "Maya &amp; Sam",
            "website": "https://maya.example",
            "hash": "2af4e1a6c96a",
            "likes": 2,
            "dislikes": 0,
            "total_replies": 1,
            "hidden_replies": 0,
            "replies": [
                {"id": 2, "parent": 1, "created": 1_793_000_050.0, "mode": 1, "text": "<p>Yes</p>", "hash": "b"},
            ],
        },
        {"id": 3, "parent": None, "created": 1_793_000_200.0, "mode": 1, "text": "<p>A neighbour</p>", "replies": []},
    ],
}

_pages = itertools.count(1)


class Account:
    """Our account on a server, which keeps what the connector hands back."""

    def __init__(self, server: Isso, url: str = "") -> None:
        self.page = f"/news/{next(_pages)}/"
        self._secrets: Mapping[str, str] = {"email": "harbour@example.com"}
        self._url = url or server.url
        self._server = server

    @property
    def call(self) -> Call:
        return Call(
            self._url,
            self._secrets,
            datetime.now(UTC),
            account_id="Harbour",
            handle="Harbour",
            options={"site": "https://blog.example"},
            save_secrets=self._save,
        )

    def forget(self) -> None:
        self._secrets = {"email": "harbour@example.com"}

    def says(self, text: str, *, parent: Post | None = None) -> Post:
        """Let Maya comment; return the comment as the connector reads it."""
        ref = Ref.of(parent.id) if parent else None
        made = self._server.comment(self.page, text, parent=ref.number if ref else None)
        return self.seen(made)

    def seen(self, raw: Mapping[str, object]) -> Post:
        (state,) = CONNECTOR.refresh(self.call, (self.id_of(raw),))
        assert state.post is not None, state
        return state.post

    def id_of(self, raw: Mapping[str, object]) -> str:
        comment = comment_of(self.page, raw)
        assert isinstance(comment, Comment)
        return comment.ref.id

    def status(self, post_id: str) -> PostStatus:
        return CONNECTOR.refresh(self.call, (post_id,))[0].status

    def replied(self, parent: Post, text: str = "It lasts twelve hours.") -> Receipt:
        outcome = CONNECTOR.reply(self.call, intent_for(parent, text))
        assert isinstance(outcome, Posted), outcome
        return outcome.receipt

    def new(self, cursor: Cursor | None) -> list[str]:
        page = CONNECTOR.fetch(self.call, Followed(SourceKind.FEED, self.page), cursor)
        return [post.id for post in page.posts]

    def cursor(self) -> Cursor | None:
        return CONNECTOR.fetch(self.call, Followed(SourceKind.FEED, self.page), None).cursor

    def _save(self, renewed: Mapping[str, str]) -> None:
        self._secrets = dict(renewed)


def intent_for(parent: Post, text: str = "It lasts twelve hours.") -> ReplyIntent:
    rendered = CONNECTOR.render(text, ReplyContext(parent, Identity.BRAND))
    return ReplyIntent(uuid4(), "", parent, rendered, datetime.now(UTC))


def number(post_id: str) -> int:
    ref = Ref.of(post_id)
    assert ref is not None
    return ref.number


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isso]:
    with isso.running(tmp_path_factory.mktemp("isso")) as running:
        yield running


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isso]:
    """A server with moderators, two comments a minute, and cookies for a second."""
    folder = tmp_path_factory.mktemp("strict")
    with isso.running(folder, moderated=True, max_age="1s") as running:
        yield running


@pytest.fixture
def us(server: Isso) -> Account:
    return Account(server)


def held(strict: Isso) -> tuple[Account, str]:
    """Post a reply that the moderators of the website have to let through."""
    us = Account(strict)
    made = strict.comment(us.page, "Does it float?")
    strict.moderate(made["id"], "activate")
    outcome = CONNECTOR.reply(us.call, intent_for(us.seen(made)))
    assert isinstance(outcome, PendingRemote), outcome
    return us, outcome.receipt.id


def test_a_held_reply_is_followed_until_moderators_let_it_through(strict: Isso) -> None:
    us, waiting = held(strict)
    threading.Event().wait(2.1)  # Now the cookie that would tell is too old.
    (state,) = CONNECTOR.refresh(us.call, (waiting,))
    assert (state.status, state.post) == (PostStatus.LIVE, None)
    assert CONNECTOR.outcomes(us.call, (waiting,)) == ()
    strict.moderate(number(waiting), "activate")
    (state,) = CONNECTOR.refresh(us.call, (waiting,))
    assert state.post is not None
    assert (state.post.id, state.post.is_own) == (waiting, True)


def test_a_held_reply_that_moderators_delete_counts_as_deleted(strict: Isso) -> None:
    us, waiting = held(strict)
    strict.moderate(number(waiting), "delete")
    assert us.status(waiting) is PostStatus.DELETED
    assert [one.kind for one in CONNECTOR.outcomes(us.call, (waiting,))] == [SignalKind.REMOVED]


def test_a_comment_that_was_let_through_late_is_not_lost(strict: Isso) -> None:
    us = Account(strict)
    late, early = strict.comment(us.page, "Let through late"), strict.comment(us.page, "Let through at once")
    strict.moderate(early["id"], "activate")
    cursor = us.cursor()
    strict.moderate(late["id"], "activate")
    assert us.new(cursor) == [us.id_of(late)]


def test_a_comment_whose_cookie_is_too_old_cannot_be_changed(strict: Isso) -> None:
    us, waiting = held(strict)
    threading.Event().wait(2.1)
    for outcome in (CONNECTOR.edit(us.call, waiting, "Better words."), CONNECTOR.delete(us.call, waiting)):
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
        assert "only for a while" in outcome.detail


def test_without_a_cookie_nothing_is_asked(server: Isso, us: Account) -> None:
    ours = us.replied(us.says("Does it float?")).id
    us.forget()
    with FaultProxy(server.url) as proxy:
        call = replace(us.call, base_url=proxy.url)
        for outcome in (CONNECTOR.edit(call, ours, "Better words."), CONNECTOR.delete(call, ours)):
            assert isinstance(outcome, Rejected)
        assert proxy.seen == []


def test_more_comments_than_the_website_lets_through_in_a_minute(tmp_path_factory: pytest.TempPathFactory) -> None:
    with isso.running(tmp_path_factory.mktemp("guarded"), guarded=True) as guarded:
        us = Account(guarded)
        parent = us.says("Does it float?")
        refused = CONNECTOR.reply(us.call, intent_for(parent))
        assert isinstance(refused, Rejected)
        assert refused.fault is Fault.FORBIDDEN_BY_POLICY
        assert "edit time frame is still open" in refused.detail
        us.says("Does it sink?")
        limited = CONNECTOR.reply(us.call, intent_for(parent))
        assert isinstance(limited, Rejected)
        assert limited.fault is Fault.RATE_LIMITED
        assert limited.retry_at is not None


def test_a_number_that_is_used_again_is_another_comment(server: Isso, us: Account) -> None:
    first = us.says("Does it float?")
    cursor = us.cursor()
    server.delete(number(first.id))
    second = us.says("Does it sink?")
    assert number(second.id) == number(first.id)
    assert second.id != first.id
    assert us.status(first.id) is PostStatus.DELETED
    assert us.new(cursor) == [second.id]
    refused = CONNECTOR.reply(us.call, intent_for(first))
    assert isinstance(refused, Rejected)
    assert refused.fault is Fault.GONE


def test_an_answer_to_an_answer_hangs_below_the_first_comment_and_is_found(server: Isso, us: Account) -> None:
    first = us.says("Does it float?")
    second = us.says("And does it sink?", parent=first)
    intent = intent_for(second)
    outcome = CONNECTOR.reply(us.call, intent)
    assert isinstance(outcome, Posted)
    found = CONNECTOR.find_own_reply(us.call, intent)
    assert found == outcome.receipt
    assert found.url == f"https://blog.example{us.page}#isso-{number(found.id)}"
    thread = CONNECTOR.thread(us.call, found.id)
    assert [post.id for post in thread.posts] == [first.id, second.id, found.id]
    assert {post.root_id for post in thread.posts} == {first.id}
    assert [post.is_own for post in thread.posts] == [False, False, True]
    assert {post.venue for post in thread.posts} == {f"blog.example{us.page}"}


def test_a_deleted_comment_that_was_answered_is_deleted_though_its_shell_remains(server: Isso, us: Account) -> None:
    first = us.says("Does it float?")
    us.says("I wonder too", parent=first)
    server.delete(number(first.id))
    assert us.status(first.id) is PostStatus.DELETED
    thread = CONNECTOR.thread(us.call, first.id)
    assert first.id not in {post.id for post in thread.posts}
    assert len(thread.posts) == 1
    refused = CONNECTOR.reply(us.call, intent_for(first))
    assert isinstance(refused, Rejected)
    assert refused.fault is Fault.GONE


def test_whoever_borrows_our_name_is_not_taken_for_us(server: Isso, us: Account) -> None:
    us.replied(us.says("Does it float?"))
    borrowed = us.seen(server.comment(us.page, "I am Harbour, trust me", author="Harbour"))
    assert not borrowed.is_own


def test_the_newest_comments_of_all_pages_come_from_one_source(server: Isso, us: Account) -> None:
    everywhere = Followed(SourceKind.FEED, "")
    page = CONNECTOR.fetch(us.call, everywhere, None)
    while not page.complete:
        page = CONNECTOR.fetch(us.call, everywhere, page.cursor)
    other = Account(server)
    wanted = [us.says("Here"), other.says("There"), us.says("Here again", parent=None)]
    page = CONNECTOR.fetch(us.call, everywhere, page.cursor)
    assert [post.id for post in page.posts] == [post.id for post in wanted]
    assert CONNECTOR.fetch(us.call, everywhere, page.cursor).posts == ()


def test_a_followed_branch_brings_what_is_new_in_it(us: Account) -> None:
    first = us.says("Does it float?")
    followed = Followed(SourceKind.THREAD, first.id)
    page = CONNECTOR.fetch(us.call, followed, None)
    us.says("Something else")
    answer = us.says("It does", parent=first)
    assert [post.id for post in CONNECTOR.fetch(us.call, followed, page.cursor).posts] == [answer.id]


def test_outcomes_count_likes_and_bring_answers(server: Isso, us: Account) -> None:
    first = us.says("Does it float?")
    ours = us.replied(first)
    server.like(number(ours.id))
    thanks = us.says("Thank you!", parent=first)
    likes, answer = CONNECTOR.outcomes(us.call, (ours.id,))
    assert (likes.kind, likes.value) == (SignalKind.LIKES, 1)
    assert answer.post is not None
    assert (answer.kind, answer.post.id) == (SignalKind.ANSWERED, thanks.id)


def test_html_that_scripts_is_shown_as_words_and_markdown_as_text(us: Account) -> None:
    post = us.says("It is **bold** <script>alert(1)</script> and [linked](https://example.org/a)")
    assert post.text == "It is bold <script>alert(1)</script> and linked (https://example.org/a)"


def test_an_account_needs_a_name_and_an_address(server: Isso, us: Account) -> None:
    well = CONNECTOR.check(us.call)
    assert (well.condition, well.handle, well.max_length) == (Condition.OK, "Harbour", 65_535)
    assert CONNECTOR.check(replace(us.call, secrets={})).condition is Condition.REAUTH
    assert CONNECTOR.check(replace(us.call, handle="")).condition is Condition.DOWN
    assert CONNECTOR.check(replace(us.call, options={"site": "x.example"})).condition is Condition.DOWN
    assert SPEC.renewed == {"kept"}


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"comments": 7, "mark": {}}', '{"comments": {"1-1": [1, 2, 3]}}'])
def test_what_was_kept_and_cannot_be_read_is_forgotten(us: Account, kept: str) -> None:
    first = us.says("Does it float?")
    call = replace(us.call, secrets={"email": "harbour@example.com", "kept": kept})
    assert isinstance(CONNECTOR.reply(call, intent_for(first)), Posted)
    assert isinstance(CONNECTOR.edit(call, first.id, "Not ours"), Rejected)


@pytest.mark.parametrize(
    "cursor", ["", "{", "[]", "7", '{"seen": 5}', '{"seen": [[1, 99999999999]], "newest": 5}', '{"seen": [[1]]}']
)
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(us: Account, cursor: str) -> None:
    first = us.says("Does it float?")
    page = CONNECTOR.fetch(us.call, Followed(SourceKind.FEED, us.page), Cursor(cursor))
    assert [post.id for post in page.posts] == [first.id]
    assert page.gap


@pytest.mark.parametrize(
    "followed",
    [
        Followed(SourceKind.SEARCH, "x"),
        Followed(SourceKind.FEED, "https://evil.example/page"),
        Followed(SourceKind.FEED, "x" * 400),
        Followed(SourceKind.THREAD, "7"),
        Followed(SourceKind.THREAD, "7-7-!!"),
    ],
)
def test_what_cannot_be_followed_is_refused(us: Account, followed: Followed) -> None:
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(us.call, followed, None)
    assert refusal.value.fault is Fault.INVALID


def test_nobody_answers_below_a_closed_page(us: Account) -> None:
    post = us.says("Does it float?")
    answer = CONNECTOR.can_reply(replace(us.call, options={"closed_pages": us.page}), post)
    assert isinstance(answer, No)
    assert us.page in answer.reason


def lying(tree: Any) -> tuple[list[Post], list[str]]:
    """Read a page from a server that answers with this."""
    with FaultProxy("http://127.0.0.1:9") as proxy:
        proxy.next_answer(Trouble(status=200, body=json.dumps(tree)), to_write=False)
        call = Call(proxy.url, {"email": "a@b.example"}, NOW, handle="Harbour", timeout=30)
        page = CONNECTOR.fetch(call, Followed(SourceKind.FEED, "/a/"), None)
        assert page.cursor is None or isinstance(json.loads(page.cursor), dict)
        return list(page.posts), [one.reason for one in page.skipped]


def test_a_real_answer_is_read_whole() -> None:
    (first, answer, neighbour), skipped = lying(TREE)
    assert (first.text, first.author.handle, first.author.id) == ("Is it R&D?", "Maya & Sam", "2af4e1a6c96a")
    assert first.edited_at is not None
    assert (answer.parent_id, answer.root_id, answer.author.handle) == (first.id, first.id, "Anonymous")
    assert neighbour.root_id == neighbour.id
    assert not skipped


@settings(deadline=None, max_examples=150)
@given(path=st.sampled_from(list(places(TREE["replies"][0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_comment_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    first = mutated(TREE["replies"][0], path, hostile, removed)
    posts, _ = lying({**TREE, "replies": [first, TREE["replies"][1]]})
    assert any(post.text == "A neighbour" for post in posts) or first.get("id") == 3


@settings(deadline=None, max_examples=60)
@given(path=st.sampled_from(list(places(TREE))), hostile=HOSTILE, removed=st.booleans())
def test_an_answer_that_was_mutated_is_read_or_refused(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    with suppress(ConnectorError):
        assert len(lying(mutated(TREE, path, hostile, removed))[0]) <= 3


def test_a_giant_page_with_circles_and_missing_parents_is_read_whole() -> None:
    plain = {"mode": 1, "text": "<p>Hello</p>"}
    answers = [{"id": n, "parent": n % 7 or n, "created": 1_793_000_000 + n, **plain} for n in range(2, 5_001)]
    tree = {"replies": [{"id": 1, "parent": 1, "created": 1_793_000_000, "replies": answers, **plain}]}
    with FaultProxy("http://127.0.0.1:9") as proxy:
        proxy.next_answer(Trouble(status=200, body=json.dumps(tree)), to_write=False)
        call = Call(proxy.url, {"email": "a@b.example"}, NOW, handle="Harbour", timeout=30)
        thread = CONNECTOR.thread(call, Ref(1, 1_793_000_000_000, "/a/").id)
    mine = [one for one in answers if one["parent"] == 1]
    assert len(thread.posts) == 1 + len(mine)


@pytest.mark.parametrize("body", ["[]", "null", "7", '{"replies": {}}', "{", '{"error": "x"}', "[" * 5000])
def test_an_answer_of_another_shape_is_a_passing_fault(server: Isso, us: Account, body: str) -> None:
    parent = us.says("Does it float?")
    with FaultProxy(server.url) as proxy:
        call = replace(us.call, base_url=proxy.url)
        for query in (us.page, ""):
            proxy.next_answer(Trouble(status=200, body=body), to_write=False)
            if (query, body) == ("", "[]"):
                continue
            with pytest.raises(ConnectorError) as refusal:
                CONNECTOR.fetch(call, Followed(SourceKind.FEED, query), None)
            assert refusal.value.fault is Fault.TRANSIENT
        proxy.forget()
        proxy.next_answer(Trouble(status=201, body=body))
        assert isinstance(CONNECTOR.reply(call, intent_for(parent)), Unknown)


@pytest.mark.parametrize("status", [301, 303, 307])
def test_a_redirect_to_another_host_is_not_followed(server: Isso, us: Account, status: int) -> None:
    parent = us.says("Does it float?")
    with FaultProxy(server.url) as proxy, FaultProxy(server.url) as elsewhere:
        call = replace(us.call, base_url=proxy.url)
        away = Trouble(status=status, body="", headers={"Location": f"{elsewhere.url}/"})
        proxy.next_answer(away, to_write=False)
        with pytest.raises(ConnectorError):
            CONNECTOR.fetch(call, Followed(SourceKind.FEED, us.page), None)
        proxy.next_answer(away)
        assert isinstance(CONNECTOR.reply(call, intent_for(parent)), Unknown if status == 303 else Rejected)
        assert elsewhere.seen == []


@pytest.mark.parametrize("base", ["http://x.example", "ftp://127.0.0.1", "https://user@x.example", "", "http://[::1"])
def test_nothing_leaves_for_an_address_that_is_not_safe(us: Account, base: str) -> None:
    parent = Post(Ref(1, 5, "/a/").id, "Hi", Author("2", "maya"), NOW)
    outcome = CONNECTOR.reply(replace(us.call, base_url=base), intent_for(parent))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.INVALID


@settings(deadline=None)
@given(st.integers(1, 10**14), st.integers(1, 10**13), st.text(min_size=1, max_size=80))
def test_an_id_names_its_comment_again(count: int, written: int, page: str) -> None:
    ref = Ref(count, written, page)
    assert Ref.of(ref.id) in (ref, None)
    assert Ref.of(Ref(count, written, "/a page/ü?x=1").id) == Ref(count, written, "/a page/ü?x=1")
