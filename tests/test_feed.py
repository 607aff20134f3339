"""Feeds: only what is new, whatever they look like; traps are refused, broken ones read as far as they make sense."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest
from feed_server import FeedServer
from hypothesis import given, settings
from hypothesis import strategies as st
from small_server import Asked, Given

from connectors._feed_parse import LARGEST, NoFeed, Place, identity_of, read
from connectors.base import Call, Condition, ConnectorError, Cursor, Fault, Followed, Handoff, No, Page, SourceKind
from connectors.feed import FeedConnector

CONNECTOR = FeedConnector()
FEED = Followed(SourceKind.FEED)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PLACE = Place("https://blog.example/feed", "blog.example", NOW, frozenset({"harbour team"}))

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en">
<title>Comments</title><id>urn:f</id><updated>2026-11-01T08:00:00Z</updated>
<entry><id>tag:blog.example,2026:2</id><title>Re: Kettles</title><link href="/p/1#c2"/>
<thr:in-reply-to ref="tag:blog.example,2026:1" href="/p/1"/><published>2026-11-01T09:00:00Z</published>
<updated>2026-11-01T10:00:00Z</updated><author><name>Maya</name><uri>https://m.example</uri></author>
<content type="html">&lt;p&gt;R&amp;amp;D says &lt;a href="https://x.example/y"&gt;no&lt;/a&gt;&lt;/p&gt;</content></entry>
<entry><id>tag:blog.example,2026:1</id><title>Kettles</title><link href="/p/1"/>
<published>2026-11-01T08:00:00Z</published><author><name>Harbour Team</name></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>They <b>boil</b>.</p></div></content></entry>
</feed>"""
RSS = """<rss version="2.0"><channel><title>Blog</title><link>https://blog.example</link><description>d</description>
<item><title>Two</title><link>https://blog.example/2</link><description>Second</description></item>
<item><title>One</title><link>https://blog.example/1</link><description>First</description>
<author>sam@blog.example (Sam)</author></item></channel></rss>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://blog.example"><title>Old</title></channel>
<item rdf:about="https://blog.example/a"><title>An old one</title><link>https://blog.example/a</link></item></rdf:RDF>"""


@pytest.fixture
def website() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def call_of(website: FeedServer) -> Call:
    return Call(website.feed, {}, datetime.now(UTC))


def fetch(website: FeedServer, cursor: Cursor | None = None, query: str = "") -> Page:
    return CONNECTOR.fetch(call_of(website), replace(FEED, query=query), cursor)


def fault_of(website: FeedServer, query: str = "") -> Fault:
    with pytest.raises(ConnectorError) as error:
        fetch(website, query=query)
    assert error.value.detail
    return error.value.fault


def test_atom_is_read_with_its_threads() -> None:
    first, second = read(ATOM.encode(), {}, PLACE).posts
    assert (first.id, first.text, first.is_own) == ("tag:blog.example,2026:1", "Kettles\n\nThey boil.", True)
    assert second.text == "Re: Kettles\n\nR&D says no (https://x.example/y)"
    assert (second.parent_id, second.url) == (first.id, "https://blog.example/p/1#c2")
    assert (second.author.handle, second.author.url, second.is_own) == ("Maya", "https://m.example", False)
    assert second.edited_at == datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
    assert second.created_at == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    assert first.venue == "blog.example"


def test_a_feed_without_dates_or_ids_keeps_the_order_of_its_pages() -> None:
    first, second = read(RSS.encode(), {}, PLACE).posts
    assert [first.id, second.id] == ["https://blog.example/1", "https://blog.example/2"]
    assert {first.created_at, second.created_at} == {NOW}
    assert first.author.handle == "Sam", "a mail address is nobody's business"
    assert "@" not in repr(first.author)
    assert [post.text for post in read(RDF.encode(), {}, PLACE).posts] == ["An old one"]


def test_an_id_that_could_not_be_one_becomes_its_hash() -> None:
    odd = RSS.replace("<title>One</title>", f"<guid isPermaLink='false'>{'a b' * 200}</guid><title>One</title>")
    (post, _) = read(odd.encode(), {}, PLACE).posts
    assert post.id.startswith("sha256:")
    assert identity_of("  ") is None
    assert identity_of("a" * 300) == "a" * 300


def test_an_unchanged_feed_is_not_sent_again(website: FeedServer) -> None:
    website.write("One")
    first = fetch(website)
    again = fetch(website, first.cursor)
    assert (again.posts, again.cursor, website.unchanged) == ((), first.cursor, 1)
    website.write("Two")
    assert [post.text for post in fetch(website, first.cursor).posts] == ["Two"]


def test_what_still_waits_is_brought_though_the_feed_did_not_change(website: FeedServer) -> None:
    website.write("Zero")
    cursor = fetch(website).cursor
    for number in range(95):
        website.write(f"Number {number}")
    brought: list[str] = []
    for complete in (False, False, True):
        page = fetch(website, cursor)
        assert page.complete is complete
        brought += [post.text for post in page.posts]
        cursor = page.cursor
    assert brought == [f"Number {number}" for number in range(95)]
    assert website.unchanged == 0
    assert fetch(website, cursor).posts == ()
    assert website.unchanged == 1


def test_entries_that_came_and_went_between_two_looks_are_said_to_be_missing(website: FeedServer) -> None:
    website.newest = 5
    for number in range(5):
        website.write(f"Number {number}")
    cursor = fetch(website).cursor
    website.write("One more")
    page = fetch(website, cursor)
    assert not page.gap
    for number in range(9):
        website.write(f"Later {number}")
    assert fetch(website, page.cursor).gap


@pytest.mark.parametrize(
    "cursor", ["", "[]", "{}", '{"seen": 3}', "[" * 100_000, '{"seen": "abc", "etag": "a\\r\\nX: 1"}']
)
def test_a_cursor_that_cannot_be_read_starts_anew(website: FeedServer, cursor: str) -> None:
    website.write("One")
    page = fetch(website, Cursor(cursor))
    assert [post.text for post in page.posts] == ["One"]
    assert "x" not in website.asked[-1].headers


def test_a_giant_feed_is_read_and_remembered_within_bounds(website: FeedServer) -> None:
    website.newest = 10_000
    for number in range(5_200):
        website.write(f"Number {number}")
    page = fetch(website)
    assert [page.posts[-1].text, len(page.posts)] == ["Number 5199", 40]
    assert len(page.cursor or "") < 100_000
    website.write("The newest")
    page = fetch(website, page.cursor)
    assert [post.text for post in page.posts] == ["The newest"]
    assert not page.gap


def test_redirects_are_followed_at_home_and_nowhere_else(website: FeedServer) -> None:
    website.write("One")
    website.redirects["/old.xml"] = "/feed.xml"
    assert [post.text for post in fetch(website, query="/old.xml").posts] == ["One"]
    with FeedServer() as elsewhere:
        elsewhere.write("Not ours")
        website.redirects["/moved.xml"] = elsewhere.feed
        assert fault_of(website, "/moved.xml") is Fault.INVALID
        assert fault_of(website, elsewhere.feed) is Fault.INVALID
        assert elsewhere.asked == []
    website.redirects["/round.xml"] = "/round.xml"
    assert fault_of(website, "/round.xml") is Fault.TRANSIENT
    assert fault_of(website, "http://[") is Fault.INVALID
    assert fault_of(website, "/nowhere.xml") is Fault.GONE


def test_a_feed_may_live_behind_a_question_mark() -> None:
    class Asking(FeedServer):
        def answer(self, asked: Asked) -> Given:
            return super().answer(asked) if asked.params == {"feed": "rss2"} else Given(200, b"<html></html>")

    with Asking() as website:
        website.write("One")
        call = Call(f"{website.feed}?feed=rss2", {}, datetime.now(UTC))
        assert len(CONNECTOR.fetch(call, FEED, None).posts) == 1
        assert CONNECTOR.check(call).condition is Condition.OK


def test_a_compressed_bomb_is_refused(website: FeedServer) -> None:
    class Bomb(FeedServer):
        def answer(self, asked: Asked) -> Given:
            return Given(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"})

    with Bomb() as bomb:
        assert fault_of(bomb) is Fault.TRANSIENT
    website.body = b" " * (LARGEST + 1)
    assert fault_of(website) is Fault.TRANSIENT


TITLED = '<rss version="2.0"><channel><title>&a;</title></channel></rss>'
LAUGHS = f'<!DOCTYPE l [<!ENTITY b "ha"><!ENTITY a "&b;&b;&b;">]>{TITLED}'
SNEAKY = f'<!DOCTYPE l [<?x <a ?><!ENTITY a "ha">]>{TITLED}'
SECRET_FILE = f'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>{TITLED}'
ITEM = b'<rss version="2.0"><channel><item><description>'


def found_in(body: bytes, headers: dict[str, str] | None = None) -> int | None:
    """How many posts a feed holds; None for one that is refused with its reason."""
    try:
        return len(read(body, headers or {}, PLACE).posts)
    except NoFeed as refusal:
        return None if str(refusal) else -1


@pytest.mark.parametrize("trap", [LAUGHS, SNEAKY, SECRET_FILE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp037"])
def test_entities_of_its_own_make_a_feed_a_trap(trap: str, encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?>{trap}'
    with pytest.raises(NoFeed):
        read(document.encode(encoding), {}, PLACE)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 300_000,
        b'<rss version="2.0"><channel><item>' + b"<a/>" * 400_000 + b"</item></channel></rss>",
        ITEM + b"<" * 500_000,
        ITEM + b"<!--" * 120_000,
        ITEM + b"<a b='" * 80_000,
        ITEM + b"&a" * 200_000,
        b'<rss version="2.0"><channel><item><description><![CDATA['
        + b"<" * 3_000_000
        + b"]]></description></item></channel></rss>",
    ],
    ids=["deep", "many", "open", "comments", "attributes", "entities", "signs"],
)
def test_the_worst_feed_takes_little_time(body: bytes) -> None:
    begun = time.process_time()
    assert found_in(body) in (None, 0, 1)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("encoding", ["klingon", "punycode", "idna", "hex", "utf-7", "ascii"])
def test_a_feed_in_no_known_encoding_crashes_nothing(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>{RSS}'.encode() + b"\xff\xfe\xc3"
    assert found_in(body, {"Content-Type": f"text/xml; charset={encoding}"}) in (None, 0, 1, 2)


@pytest.mark.parametrize("document", [ATOM, RSS, RDF])
@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_a_feed_that_was_mutated_crashes_nothing(document: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(document) - 1))
    length = data.draw(st.integers(0, 60))
    hostile = data.draw(
        st.sampled_from(["", "<", "&", "\0", "]]>", "</item>", "<entry>", "&#xD800;", "2026-99-99", "é"])
    )
    body = (document[:start] + hostile + document[start + length :]).encode()
    try:
        posts = read(body, {}, PLACE).posts
    except NoFeed:
        return
    for post in posts:
        assert post.id
        assert post.created_at.utcoffset() is not None
        "".join([post.id, post.text, post.url, post.author.handle, post.author.id, post.parent_id or ""]).encode()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["guid", "title", "pubDate", "link", "author"]), st.text(max_size=40))
def test_an_entry_that_makes_no_sense_costs_none_of_its_neighbours(element: str, nonsense: str) -> None:
    written = "".join(sign for sign in nonsense if sign.isprintable())
    item = f"<item><{element}>{escape(written)}</{element}></item>"
    posts = read(RSS.replace("<item>", f"{item}<item>", 1).encode(), {}, PLACE).posts
    assert {"https://blog.example/1", "https://blog.example/2"} <= {post.id for post in posts}


def test_dates_that_cannot_be_are_none() -> None:
    for told in ("99999-01-01T00:00:00Z", "0000-00-00", "Thu, 99 Foo 2026 99:99:99 GMT", "-1", "9" * 400):
        item = f"<item><title>One</title><pubDate>{told}</pubDate></item>"
        (post,) = read(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode(), {}, PLACE).posts
        assert post.created_at.utcoffset() == timedelta(0)


def test_scripts_and_addresses_that_act_are_left_out() -> None:
    html = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;a href='javascript:x'&gt;here&lt;/a&gt;"
    item = f"<item><guid>1</guid><link>javascript:alert(1)</link><description>{html}</description></item>"
    (post,) = read(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode(), {}, PLACE).posts
    assert (post.text, post.url) == ("here", "")
    assert isinstance(CONNECTOR.can_reply(Call("", {}, NOW), post), No)


def test_a_person_answers_on_the_page(website: FeedServer) -> None:
    entry = website.write("Does it float?")
    (post,) = fetch(website).posts
    permitted = CONNECTOR.can_reply(call_of(website), post)
    assert isinstance(permitted, Handoff)
    assert (permitted.url, permitted.rule) == (entry.url, "feed.read_only")
