"""What a Mastodon server sends is read as far as it makes sense; nothing in it crashes us or takes others along."""

import copy
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._mastodon_parse import Reader
from connectors._mastodon_text import length
from connectors._text import plain, same, web_address
from connectors.base import Post

READER = Reader(own_id="1", host="social.example")
STATUS: dict[str, Any] = {
    "id": "103270115826048975",
    "created_at": "2026-12-08T03:48:33.901Z",
    "edited_at": None,
    "in_reply_to_id": "103270115826048900",
    "in_reply_to_account_id": "1",
    "sensitive": False,
    "spoiler_text": "",
    "visibility": "public",
    "language": "en",
    "uri": "https://far.example/users/sam/statuses/103270115826048975",
    "url": "https://far.example/@sam/103270115826048975",
    "replies_count": 5,
    "favourites_count": 11,
    "reblog": None,
    "content": '<p><span class="h-card"><a href="https://social.example/@harbour" class="u-url mention">@<span>harbour'
    '</span></a></span> a <a href="https://example.org/long/address"><span class="invisible">https://</span>'
    '<span class="ellipsis">example.org/long</span><span class="invisible">/address</span></a></p>',
    "account": {
        "id": "77",
        "username": "sam",
        "acct": "sam@far.example",
        "display_name": "Sam",
        "bot": False,
        "url": "https://far.example/@sam",
    },
    "mentions": [{"id": "1", "username": "harbour", "url": "https://social.example/@harbour", "acct": "harbour"}],
    "tags": [],
}


def test_a_real_status_is_read_whole() -> None:
    post = READER.post(STATUS)
    assert post.text == "@harbour a https://example.org/long/address"
    assert (post.author.handle, post.author.name, post.venue) == ("sam@far.example", "Sam", "far.example")
    assert (post.parent_id, post.root_id, post.mentioned) == ("103270115826048900", None, frozenset({"1"}))
    assert post.created_at == datetime(2026, 12, 8, 3, 48, 33, 901000, tzinfo=UTC)
    assert not post.is_own
    assert READER.post(STATUS | {"account": STATUS["account"] | {"id": 1}}).is_own


def test_a_content_warning_stands_above_the_text() -> None:
    assert READER.post(STATUS | {"spoiler_text": "Ending"}).text.startswith("Ending\n\n@harbour")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>Three<br/>Four</p>", "One\n\nTwo\nThree\nFour"),
        ("<p>a &amp; b &lt;c&gt; &#x1F44B;</p>", "a & b <c> 👋"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<p>Hi<script>alert(1)</script>!</p><style>p{}</style>", "Hi!"),
        ('<p>Hi</p><script>alert("</p>', "Hi"),
        ('<a href="https://evil.example/x">https://harbour.example</a>', "https://harbour.example (https://evil.example/x)"),
        ('<a href="https://evil.example/x">click</a>', "click (https://evil.example/x)"),
        ('<a href="https://example.org/x">example.org/…</a>', "https://example.org/x"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="https://a.example/tags/x" class="mention hashtag">#<span>x</span></a>', "#x"),
        ('<a href="https://a.example/1">one<a href="https://a.example/2">two</a>', "one (https://a.example/1)two (https://a.example/2)"),
        ("no markup at all", "no markup at all"),
        ("<p>un<b>clo<i>sed", "unclosed"),
        ("<p>nul\x00l \u202etxet\u202c \ud800</p>", "null txet \ufffd"),
        ("<><<p>>&&;</", "<><\n\n>&&;</"),
        ("a<!-- hidden -->b<!-- <!-- --> c", "ab c"),
        ("a<!-- unclosed <p>b", "a"),
        ("a <!DOCTYPE x> <?php echo 1 ?>", "a <!DOCTYPE x> <?php echo 1 ?>"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_becomes_what_a_reader_sees(html: str, text: str) -> None:
    assert plain(html) == text


def test_a_mention_is_given_its_whole_handle() -> None:
    html = '<a href="https://far.example/@sam" class="u-url mention">@<span>sam</span></a> hi'
    assert plain(html, {"https://far.example/@sam": "sam@far.example"}) == "@sam@far.example hi"


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!--",
        "<!",
        "<?",
        "<a href='",
        "<a b",
        "&#",
        "&",
        "<p><a>",
        "</",
        "</a ",
        "<![CDATA[",
        "<script>",
        "<a href=x>y",
    ],
)
def test_the_worst_html_takes_no_time(piece: str) -> None:
    begun = time.process_time()
    assert len(plain(piece * 40_000)) <= 50_000
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "//a.example", "https://", "https://u:p@a.example",
            "https://a.example/\n", 'https://a.example/"x', "https://[bad", 7, None, "https://a.example/" + "x" * 3000]
)  # fmt: skip
def test_only_web_addresses_are_kept(url: object) -> None:
    assert web_address(url) == ""
    assert READER.post(STATUS | {"url": url, "uri": url}).url == ""


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("@sam@far.example It  lasts.", "@sam It lasts.", True),
        ("see https://example.org", "see https://example.org/", True),
        ("“Quoted” – dash", '"Quoted" - dash', True),
        ("**bold** and _more_", "bold and more", True),
        ("twelve hours", "eleven hours", False),
        ("12 hours", "1 2 hours", True),
        ("12 hours", "13 hours", False),
        ("thanks 👋", "thanks", False),
        ("…", "!!!", False),
        ("!!!", " !!!", True),
    ],
)
def test_texts_are_the_same_when_their_letters_are(one: str, other: str, are_same: bool) -> None:
    assert same(one, other) is are_same


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TROUBLESOME = st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "9" * 5000,
        "0001-01-01T00:00:00+14:00",
        "2026-13-45",
        "../..",
        "<script>",
        -1,
        10**400,
        1e308,
        [],
        {},
    ]
)


@st.composite
def spoiled(draw: st.DrawFn) -> object:
    """A real status with something replaced, removed or added, anywhere in it; or not a status at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    status = copy.deepcopy(STATUS)
    for _ in range(draw(st.integers(1, 4))):
        place: Any = status
        if draw(st.booleans()) and isinstance(status.get("account"), dict):
            place = status["account"]
        name = draw(st.sampled_from(sorted(place) or ["id"]))
        if draw(st.integers(0, 4)) == 0:
            place.pop(name, None)
        else:
            place[name] = draw(JSON | TROUBLESOME)
    return status


@given(before=st.lists(spoiled(), max_size=3), after=st.lists(spoiled(), max_size=3))
def test_a_spoiled_post_is_skipped_and_takes_no_neighbour_along(before: list[object], after: list[object]) -> None:
    posts, skipped = READER.posts([*before, STATUS, *after])
    assert len(posts) + len(skipped) == len(before) + 1 + len(after)
    assert READER.post(STATUS) in posts
    for post in posts:
        assert_storable(post)
    for one in skipped:
        (one.id + one.reason).encode()


def assert_storable(post: Post) -> None:
    author = post.author
    for text in (post.id, post.text, post.url, post.venue, post.language or "", author.id, author.handle, author.name):
        assert "\x00" not in text
        text.encode()
    assert post.is_public
    assert post.created_at.utcoffset() is not None
    assert post.url == web_address(post.url)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_survives_the_parser_and_the_count(text: str) -> None:
    assert "\x00" not in plain(text)
    assert 0 <= length(text) <= len(text) + 23 * text.count("http")


@given(st.text(alphabet="ab @#<>&;/=\"'p\n", max_size=200))
def test_html_never_gets_through_as_an_element(text: str) -> None:
    """What is escaped in HTML comes out as the very letters, whatever they are."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert "".join(plain(f"<p>{escaped}</p>").split()) == "".join(text.split())


def test_json_of_the_real_shape_goes_through_unchanged() -> None:
    assert READER.post(json.loads(json.dumps(STATUS))) == READER.post(STATUS)
