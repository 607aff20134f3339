"""Conversations are read out of wikitext, whatever people, templates and vandals made of a talk page."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._mediawiki_signatures import Wiki, user_name, wiki_of
from connectors._mediawiki_text import as_wikitext, masked, shown
from connectors._mediawiki_wikitext import Comment, TalkPage, called_in, heading_in, read_page

WIKI = wiki_of({2: ["Benutzer", "User"], 3: ["Benutzer Diskussion"], -1: ["Spezial"]}, ZoneInfo("Europe/Berlin"))
SAM = "[[User:Sam|Sam]] ([[User talk:Sam|talk]]) 12:34, 21 November 2026 (UTC)"
EVA = "[[Benutzer:Eva|Eva]] ([[Benutzer Diskussion:Eva|Diskussion]]) 13:40, 21. Nov. 2026 (CET)"
PAGE = f"""{{{{Talk header}}}}
Nobody signed this.

== How long does it last? ==

On a full charge, I mean. {{{{ping|Harbour}}}} {SAM}
: About a week &mdash; see [[Battery|the article]]. --{EVA}
:: More than that.

:: I measured [https://a.example/x twelve hours]. <small style="color:red">~ [[Special:Contributions/2001:db8::1|2001:db8::1]] 12:50, 21 November 2026 (UTC)</small>
: <nowiki>{SAM}</nowiki> is how you sign. [[user:bob_the_builder]] 12:51, 21 November 2026 (UTC)
{{{{od}}}} So a week it is. {SAM.replace("12:34", "12:55")} PS: thanks!

=== Break ===
* One point
** with a list <!-- {SAM} -->
[[User:Ann|Ann]] 12:59, 21 November 2026 (UTC)
"""  # noqa: E501  a signature is one line


def read(source: str) -> TalkPage:
    return read_page("7", source, WIKI)


def test_a_page_is_read_with_its_authors_times_and_answers() -> None:
    page = read(PAGE)
    told = [(one.author, f"{one.signed_at:%H:%M}", one.parent, one.root) for one in page.comments]
    assert told == [
        ("Sam", "12:34", None, 0),
        ("Eva", "12:40", 0, 0),
        ("2001:db8::1", "12:50", 1, 0),
        ("Bob the builder", "12:51", 0, 0),
        ("Sam", "12:55", 3, 0),
        ("Ann", "12:59", None, 5),
    ]
    assert [one.text for one in page.comments] == [
        "On a full charge, I mean. @Harbour",
        "About a week — see the article.",
        "More than that.\n\nI measured twelve hours (https://a.example/x).",
        f"{SAM} is how you sign.",
        "So a week it is.",
        "- One point\n- with a list",
    ]
    assert page.comments[0].heading == "How long does it last?"
    assert called_in(page.comments[0], WIKI) == {"Harbour"}


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("12:34, 21 November 2026 (UTC)", "2026-11-21T12:34"),
        ("12:34, 21. Nov. 2026 (CET)", "2026-11-21T11:34"),
        ("12:34, 21. Jul. 2026 (CEST)", "2026-07-21T10:34"),
        ("12:34, 3. Mär. 2026 (CET)", "2026-03-03T11:34"),
        ("12:34 21 nov 2026 (UTC)", "2026-11-21T12:34"),
        ("21 novembre 2026 à 12:34 (UTC)", "2026-11-21T12:34"),
        ("3 juillet 2026 à 12:34 (UTC)", "2026-07-03T12:34"),
        ("3 juin 2026 à 12:34 (UTC)", "2026-06-03T12:34"),
        ("12:34, 21 gen 2026 (UTC)", "2026-01-21T12:34"),
        ("21 sep 2026 12:34 (UTC)", "2026-09-21T12:34"),
        ("2026年11月21日 (六) 12:34 (UTC)", "2026-11-21T12:34"),
        ("12:34, 2026-11-21 (UTC)", "2026-11-21T12:34"),
        ("12:34, 21 November 2026 (+02)", "2026-11-21T10:34"),
        ("12:34, 21 November 2026 (-03)", "2026-11-21T15:34"),
        ("12:34, 21 November 2026 (UTC+5)", "2026-11-21T07:34"),
        ("12:34, 31 February 2026 (UTC)", None),
        ("12:34, 21 Listopad 2026 (UTC)", None),
        ("99:99, 21 November 2026 (UTC)", None),
        ("yesterday (UTC)", None),
    ],
)
def test_a_signature_tells_its_time_in_many_languages(written: str, moment: str | None) -> None:
    page = read(f"Hello [[User:Sam]] {written}")
    expected = [] if moment is None else [datetime.fromisoformat(moment).replace(tzinfo=UTC)]
    assert [one.signed_at for one in page.comments] == expected
    assert len(page.unreadable) == (moment is None)


@pytest.mark.parametrize(
    "text",
    [
        "It happened at 12:34, 21 November 2026 (UTC)",
        "[[User:Sam]] said so",
        f"<!-- {SAM} -->",
        f"<nowiki>{SAM}</nowiki>",
        f"<pre>\n{SAM}\n</pre>",
        f"<!-- never closed {SAM}",
        f"[[User:Sam]] {'said so and so ' * 20} 12:34, 21 November 2026 (UTC)",
        "== [[User:Sam]] 12:34, 21 November 2026 (UTC) ==",
        "",
    ],
)
def test_what_is_no_signature_makes_no_comment(text: str) -> None:
    assert read(text).comments == ()


def test_an_element_that_nobody_closes_is_text() -> None:
    assert len(read(f"<nowiki> and {SAM}\n<pre {SAM}").comments) == 2
    assert masked("a <nowiki/> b <nowiki>c</nowiki> d") == "a           b                    d"


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("== Title ==", "Title"),
        ("=Title=", "Title"),
        ("=== Title ==", "= Title"),
        ("======= T =======", "= T ="),
        ("== ''A'' [[B|b]] == ", "A b"),
        ("==", None),
        ("===", "="),
        ("== open", None),
        ("a == b ==", None),
    ],
)
def test_headings_are_told_as_mediawiki_tells_them(line: str, title: str | None) -> None:
    assert heading_in(line) == title


def test_ids_stay_when_others_come_go_and_change_their_words() -> None:
    before = [one.id for one in read(PAGE).comments]
    longer = PAGE.replace("== How long", f"== Before ==\nHello {SAM}\n\n== How long").replace("I mean", "we all mean")
    after = [one.id for one in read(longer).comments]
    assert after[1:] == before
    assert len(set(after)) == len(after)
    without_eva = [one.id for one in read("\n".join(line for line in PAGE.split("\n") if "Eva" not in line)).comments]
    assert without_eva[0] == before[0]


def test_two_comments_of_one_minute_are_told_apart() -> None:
    twice = f"== A ==\nYes {SAM}\n: No {SAM}\n: No {SAM}\n== B ==\nYes {SAM}\n"
    ids = [one.id for one in read(twice).comments]
    assert len(set(ids)) == 4
    assert ids[1] + ":2" == ids[2]


def test_two_comments_in_one_line_are_two() -> None:
    assert [one.text for one in read(f": Yes {SAM} and {EVA}").comments] == ["Yes", "and"]


def test_a_conversation_of_5000_comments_is_read_in_time() -> None:
    lines = [f"{':' * (number % 400)} Number {number} {SAM}" for number in range(5_000)]
    begun = time.process_time()
    page = read("== Long ==\n" + "\n".join(lines))
    assert [one.text for one in page.comments[:3]] == ["Number 0", "Number 1", "Number 2"]
    assert len({one.id for one in page.comments}) == 5_000
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "piece",
    ["[[User:", "[[User:A]] ", "{{", "}}", "{{ping|", "<nowiki>", "<!--", "<pre ", "=", "(UTC)", "[[User:A]] (UTC) ",
     "\n:", "'", "[", "[[", "[[a|", "[https://a ", "<small>", "<", "&", f"{SAM}\n", f"{SAM} ", "-", " ", "12:34, "],
)  # fmt: skip
def test_the_worst_wikitext_takes_no_time(piece: str) -> None:
    source = piece * (200_000 // len(piece))
    begun = time.process_time()
    page = read(source + f"\n\nHello {SAM}")
    assert all(len(one.text) <= 50_000 for one in page.comments)
    assert time.process_time() - begun < 4


MARKS = st.sampled_from(
    ["==", "== A ==\n", "\n", ":", "*", "#", SAM, EVA, "[[", "]]", "{{", "}}", "|", "<nowiki>", "</nowiki>", "<!--",
     "-->", "<pre>", "</pre>", "''", "~~~~", "[[User:", "(UTC)", "{{od}}", " ", "words",
     "\x00", "\ud800", "\u202e", "&", "<b>"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(MARKS | st.text(max_size=5), max_size=60))
def test_whatever_stands_on_a_page_is_read_without_harm(pieces: list[str]) -> None:
    source = "".join(pieces)
    assert len(masked(source)) == len(source)
    page = read(source)
    end = 0
    for place, one in enumerate(page.comments):
        assert_sound(one, place)
        assert end <= one.start or one.start >= page.comments[place - 1].words_end
        end = one.end
    assert len({one.id for one in page.comments}) == len(page.comments)


def assert_sound(one: Comment, place: int) -> None:
    assert one.start <= one.words_start
    assert one.start <= one.words_end <= one.end
    assert one.parent is None or one.parent < place
    assert one.root <= place
    assert "\x00" not in one.text
    one.text.encode()


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=80))
def test_our_words_come_back_as_the_very_letters(text: str) -> None:
    """What we write is read back from the page as it was confirmed, and is one comment at its depth."""
    written = as_wikitext(text, ":::")
    page = read(f"== A ==\nAsk {SAM}\n{written} {EVA}\n")
    if not written:
        return
    assert len(page.comments) == 2
    said = page.comments[1]
    assert (said.level, said.parent, said.author) == (3, 0, "Eva")
    assert "".join(said.text.split()).rstrip("-—–~•|'") == "".join(text.split()).rstrip("-—–~•|'")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a '''b''' ''c''", "a b c"),
        ("[[A]] [[B|c]] [[:Category:D]] [[File:E.jpg|thumb|words]]", "A c Category:D words"),
        ("[https://a.example] [//b.example words]", "https://a.example words (//b.example)"),
        ("{{tq|quoted}} {{unknown|x|y}}", "quoted ⟨unknown x y⟩"),
        ("{{ping|A|B}} hi", "@A, @B hi"),
        ("a<br>b<ref>c</ref>", "a\nbc"),
        ("<nowiki>'''x''' &lt;b&gt;</nowiki>", "'''x''' <b>"),
        ("<script>alert(1)</script>x", "x"),
        ("{{{{{{x}}}}}}", "⟨⟨⟨x⟩⟩⟩"),
        ("&amp; &lt;", "& <"),
    ],
)
def test_wikitext_becomes_what_a_reader_sees(source: str, text: str) -> None:
    assert shown(source) == text


def test_names_are_written_as_the_wiki_writes_them() -> None:
    assert user_name(" bob_the  builder ") == "Bob the builder"
    assert [name for _, name in Wiki().users_in("[[user talk:ann#x|y]] [[Special:Log/bob]] [[Sam]]")] == ["Ann", "Bob"]
