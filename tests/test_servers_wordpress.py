"""The WordPress connector against a real WordPress, in a subfolder and a time zone of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from servers import wordpress
from servers.wordpress import WordPress

from connectors.base import (
    Author,
    Call,
    Condition,
    Cursor,
    Fault,
    Followed,
    Identity,
    PendingRemote,
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
from connectors.wordpress import WordPressConnector

pytestmark = pytest.mark.servers

CONNECTOR = WordPressConnector()
EVERYTHING = Followed(SourceKind.FEED)
_STORED = "%Y-%m-%d %H:%M:%S"


def refused(status: int, code: str, **headers: str) -> Trouble:
    body = f'{{"code": "{code}", "message": "No.", "data": {{"status": {status}}}}}'
    return Trouble(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    with wordpress.running(tmp_path_factory.mktemp("wordpress")) as running:
        yield running


@pytest.fixture
def proxy(site: WordPress) -> Iterator[FaultProxy]:
    # The kit's connectors speak to the proxy's address, which stands for the host; the folder stays.
    with FaultProxy(site.url.removesuffix("/blog")) as running:
        yield running


def call_as(site: WordPress, proxy: FaultProxy, part: str) -> Call:
    person = site.person(part)
    names = {"moderator": "Harbour Support", "employee": "Ada at Harbour"}
    identity = Identity.EMPLOYEE if part == "employee" else Identity.BRAND
    return Call(f"{proxy.url}/blog/", person.secrets, datetime.now(UTC), identity, person.id, names[part], timeout=10.0)


def number(post_id: str) -> int:
    return int(post_id.partition(":")[2])


class WordPressWorld:
    """A real site. We moderate it; Sam, a visitor, comments."""

    connector = CONNECTOR
    followed = EVERYTHING
    forbidden: Sequence[Post] = ()
    refusals: Mapping[Fault, Trouble] = {
        Fault.AUTH: refused(401, "rest_comment_login_required"),
        Fault.GONE: refused(403, "rest_comment_trash_post"),
        Fault.TOO_LONG: refused(400, "comment_content_column_length"),
        Fault.RATE_LIMITED: refused(429, "too_many_requests", Retry_After="30"),
        Fault.DUPLICATE: refused(409, "comment_duplicate"),
        Fault.FORBIDDEN_BY_POLICY: refused(403, "rest_comment_closed"),
        Fault.INVALID: refused(404, "rest_no_route"),
    }
    cannot: Mapping[Ability, str] = {
        Ability.EDIT_TIME: "WordPress keeps no time of an edit.",
        Ability.PARENT_CHECK: "WordPress takes answers to comments that are gone.",
    }

    def __init__(self, site: WordPress, proxy: FaultProxy) -> None:
        self._site = site
        self._proxy = proxy
        self.call = call_as(site, proxy, "moderator")

    def _id(self, comment: int, article: str = "open") -> str:
        return f"{self._site.articles[article]}:{comment}"

    def make_mention(self, text: str) -> str:
        return self._id(self._site.comment(f"{_html(text)} <!--{uuid4().hex}-->"))

    def make_private_mention(self, text: str) -> str:
        return self._id(self._site.comment(text, article="private"), "private")

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self._site.comment(f"{texts[0]} {uuid4().hex}")]
        for text in texts[1:]:
            made.append(self._site.comment(text, parent=made[-1]))
        return [self._id(one) for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._site.ask("POST", f"/wp/v2/comments/{number(post_id)}", json={"content": text})

    def delete_parent(self, post_id: str) -> None:
        self._site.ask("DELETE", f"/wp/v2/comments/{number(post_id)}")

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        params = {"author": self.call.account_id, "context": "edit", "per_page": "100"}
        comments = self._site.ask("GET", "/wp/v2/comments", params=params)
        return [Stored(f"{one['post']}:{one['id']}", unescape(one["content"]["raw"])) for one in comments]


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


class TestWordPress(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self, site: WordPress, proxy: FaultProxy) -> WordPressWorld:
        return WordPressWorld(site, proxy)


@pytest.fixture
def world(site: WordPress, proxy: FaultProxy) -> WordPressWorld:
    return WordPressWorld(site, proxy)


def intent(parent: Post, text: str) -> ReplyIntent:
    return ReplyIntent(uuid4(), "", parent, text, datetime.now(UTC))


def parent_of(world: WordPressWorld, text: str = "How long does it last?") -> Post:
    return Post(world.make_mention(text), text, Author("guest:sam", "Sam"), datetime.now(UTC))


def test_an_employee_is_held_by_moderators_then_found_and_may_not_flood(
    site: WordPress, proxy: FaultProxy, world: WordPressWorld
) -> None:
    call = call_as(site, proxy, "employee")
    health = CONNECTOR.check(call)
    assert (health.condition, health.handle) == (Condition.OK, "Ada at Harbour")
    assert "moderate" not in health.handle
    assert health.detail
    reply = intent(parent_of(world), "It lasts 3x4 hours :) “really” & <truly>.")
    held = CONNECTOR.reply(call, reply)
    assert isinstance(held, PendingRemote), held
    assert CONNECTOR.refresh(call, (held.receipt.id,))[0].status is PostStatus.HIDDEN
    found = CONNECTOR.find_own_reply(call, reply)
    assert found is not None
    assert found.id == held.receipt.id
    assert CONNECTOR.outcomes(call, (found.id,)) == ()
    again = CONNECTOR.reply(call, reply)
    assert isinstance(again, Rejected)
    assert again.fault is Fault.DUPLICATE
    flooded = CONNECTOR.reply(call, intent(reply.parent, "And one more thing."))
    assert isinstance(flooded, Rejected)
    assert flooded.fault is Fault.RATE_LIMITED
    assert flooded.retry_at is not None
    assert flooded.retry_at >= call.now + timedelta(seconds=15)
    forbidden = CONNECTOR.edit(call, found.id, "Changed")
    assert isinstance(forbidden, Rejected)
    assert forbidden.fault is Fault.FORBIDDEN_BY_POLICY


def test_a_comment_that_moderators_let_through_late_is_brought_in(world: WordPressWorld, site: WordPress) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"Waiting {uuid4().hex}"
    waiting = f"{site.articles['open']}:{site.comment(text, status='hold', date_gmt=long_ago)}"
    page = CONNECTOR.fetch(world.call, EVERYTHING, None)
    assert waiting not in [post.id for post in page.posts]
    assert text not in repr(page)
    site.ask("POST", f"/wp/v2/comments/{number(waiting)}", json={"status": "approve"})
    seen, cursor = read_to_the_end(world.call, page.cursor)
    assert waiting in seen
    assert waiting not in read_to_the_end(world.call, cursor)[0]


def test_pages_are_walked_to_their_end_even_where_all_comments_bear_one_second(tmp_path: Path) -> None:
    # On a site of its own: comments from the time to come stand before whatever others look for on a first page.
    with wordpress.running(tmp_path) as site, FaultProxy(site.url.removesuffix("/blog")) as proxy:
        world = WordPressWorld(site, proxy)
        start = CONNECTOR.fetch(world.call, EVERYTHING, None).cursor
        moment = datetime.now(UTC) + timedelta(seconds=2)
        moments = [moment] * 230 + [moment + timedelta(seconds=one) for one in range(60)]
        wanted = set(imported(site, moments))
        seen, cursor = read_to_the_end(world.call, start)
        assert wanted <= set(seen)
        assert len(seen) == len(set(seen))
        new = world.make_mention("Afterwards")
        seen, _ = read_to_the_end(replace(world.call, now=datetime.now(UTC) + timedelta(minutes=10)), cursor)
        assert seen == [new]


def imported(site: WordPress, moments: Sequence[datetime]) -> list[str]:
    """Import a comment for each moment; the site's clock is five and a half hours ahead."""
    article = site.articles["second"]
    comments = [
        {"comment_post_ID": article, "comment_content": f"Imported {index}", "comment_date_gmt": f"{one:{_STORED}}"}
        | {"comment_date": f"{one + timedelta(hours=5, minutes=30):{_STORED}}"}
        for index, one in enumerate(moments)
    ]
    return [f"{article}:{one}" for one in site.import_comments(comments)]


def read_to_the_end(call: Call, cursor: Cursor | None) -> tuple[list[str], Cursor | None]:
    seen: list[str] = []
    for _ in range(10):
        page = WordPressConnector().fetch(call, EVERYTHING, cursor)
        cursor = page.cursor
        seen += [post.id for post in page.posts]
        if page.complete:
            return seen, cursor
    raise AssertionError("The pages have no end.")


def test_a_thread_of_many_pages_is_read_whole_with_its_missing_and_circling_parents(
    world: WordPressWorld, site: WordPress
) -> None:
    article = site.articles["second"]
    first = site.comment(f"The first {uuid4().hex}", article="second")
    fields = {"comment_post_ID": article, "comment_content": "An answer"}
    answers = site.import_comments([fields | {"comment_parent": first}] * 250)
    deep = site.import_comments([fields | {"comment_parent": answers[0]}])[0]
    orphan = site.import_comments([fields | {"comment_parent": 99_999_999}])[0]
    thread = CONNECTOR.thread(world.call, f"{article}:{deep}")
    assert thread.root_id == f"{article}:{first}"
    assert {post.id for post in thread.posts} == {f"{article}:{one}" for one in (first, *answers, deep)}
    assert thread.posts[0].id == thread.root_id
    assert not thread.truncated
    assert CONNECTOR.thread(world.call, f"{article}:{orphan}").root_id == f"{article}:{orphan}"
    site.ask("POST", f"/wp/v2/comments/{answers[1]}", json={"parent": answers[2]})
    site.ask("POST", f"/wp/v2/comments/{answers[2]}", json={"parent": answers[1]})
    circle = CONNECTOR.thread(world.call, f"{article}:{answers[2]}")
    assert {post.id for post in circle.posts} == {f"{article}:{answers[1]}", f"{article}:{answers[2]}"}


def test_a_comment_is_found_by_the_address_under_its_date(world: WordPressWorld, site: WordPress) -> None:
    asked = world.make_mention("Where is this?")
    address = site.ask("GET", f"/wp/v2/comments/{number(asked)}")["link"]
    assert CONNECTOR.thread(world.call, address).root_id == asked
    page = CONNECTOR.fetch(world.call, Followed(SourceKind.THREAD, address), None)
    assert [post.id for post in page.posts] == [asked]
    assert CONNECTOR.fetch(world.call, Followed(SourceKind.THREAD, address), page.cursor).posts == ()


def test_a_search_and_one_article_bring_only_their_own(world: WordPressWorld, site: WordPress) -> None:
    word = uuid4().hex
    here = world.make_mention(f"Something about {word}")
    there = f"{site.articles['third']}:{site.comment(f'More about {word}', article='third')}"
    found = CONNECTOR.fetch(world.call, Followed(SourceKind.SEARCH, word), None).posts
    assert [post.id for post in found] == [here, there]
    article = Followed(SourceKind.FEED, str(site.articles["third"]))
    ids = [post.id for post in CONNECTOR.fetch(world.call, article, None).posts]
    assert there in ids
    assert here not in ids


def test_what_came_of_a_reply_is_seen(world: WordPressWorld, site: WordPress) -> None:
    posted = CONNECTOR.reply(world.call, intent(parent_of(world), f"It lasts {uuid4().hex}"))
    assert isinstance(posted, Posted)
    answer = site.comment("Thank you!", parent=number(posted.receipt.id))
    (signal,) = CONNECTOR.outcomes(world.call, (posted.receipt.id,))
    assert signal.kind is SignalKind.ANSWERED
    assert signal.post is not None
    assert number(signal.post.id) == answer
    world.delete_parent(posted.receipt.id)
    assert [one.kind for one in CONNECTOR.outcomes(world.call, (posted.receipt.id,))] == [SignalKind.REMOVED]
