"""The pages of the console: everyone sees what is theirs to see, strangers' words stay words, lists page by key."""

import re
from datetime import timedelta

import pytest
from console_world import Past, Stage, slack_fixture, stage_fixture
from sqlalchemy import select, text

from bot.models import (
    Account,
    Draft,
    Mention,
    MentionState,
    Origin,
    Outcome,
    OutcomeKind,
    PostRecord,
    Reply,
    Role,
    Source,
    SourceState,
    Venue,
)
from bot.permissions import ALLOWED, Act

__all__ = ["slack_fixture", "stage_fixture"]

WORK = ("/", "/conversations", "/sources", "/limits", "/saturation")
EVERYBODYS = (*WORK, "/guidelines", "/facts", "/stops", "/people", "/health")
AUDITORS = ("/audit", "/keeping")
WHO = {"ana": Role.EMPLOYEE, "mara": Role.MANAGER, "ruth": Role.REVIEWER, "theo": Role.ADMIN}
EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\n</textarea>'\"><svg/onload=alert(3)> {{ 7*7 }}"
    ' =HYPERLINK("x")'
)


@pytest.fixture
def past(stage: Stage) -> Past:
    past = Past(stage)
    past.days(20, each=5)
    return past


def test_everyone_sees_what_is_theirs_to_see(stage: Stage) -> None:
    for name, role in WHO.items():
        visitor = stage.visitor(name)
        for address in EVERYBODYS:
            assert visitor.get(address).status_code == 200, (name, address)
        for address in AUDITORS:
            allowed = role in ALLOWED[Act.AUDIT]
            assert visitor.get(address).status_code == (200 if allowed else 403), (name, address)
            assert (f'href="{address}"' in visitor.get("/limits").text) is allowed


def test_an_empty_house_teaches_what_to_do(stage: Stage) -> None:
    visitor = stage.visitor("ruth")
    for address, words in {
        "/": "Nothing came in during these 30 days",
        "/conversations": "They come in by themselves once a source is followed",
        "/saturation": "whether we are still guests",
        "/stops": "Rehearse it before you need it",
        "/keeping": "Place one when counsel asks",
        "/audit?q=unheard": "Words are looked for whole",
    }.items():
        assert words in visitor.get(address).text, address


def test_with_a_past_every_page_has_something_to_show(stage: Stage, past: Past) -> None:
    visitor = stage.visitor("theo")
    overview = visitor.get("/").text
    assert overview.count("<svg viewBox") > 5
    assert "r/ereader" in overview
    assert re.search(r"Came in</dt><dd><span class=\"figure\">\d+", overview)
    for address in (*EVERYBODYS, *AUDITORS):
        page = visitor.get(address)
        assert page.status_code == 200, address
        assert "None" not in re.sub(r"<[^>]*>", "", page.text), address


def test_what_strangers_write_stays_text_everywhere(stage: Stage) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        mention_id = past.conversation(session, stage.deps.now() - timedelta(hours=2), text=EVIL, author=EVIL[:40])
        mention = session.get_one(Mention, mention_id)
        post = session.get_one(PostRecord, mention.post_id)
        post.url, post.author_url = "javascript:alert(4)", "javascript:alert(5)"
        session.get_one(Venue, post.venue_id).name = EVIL[:60]
        session.get_one(Source, mention.source_id).name = EVIL[:50]
        session.get_one(Source, mention.source_id).detail = EVIL
        session.scalars(select(Account)).one().handle = EVIL[:30]
        reply = past.reply(session, mention, post, stage.deps.now(), text=EVIL)
    visitor = stage.visitor("theo")
    places = (
        f"/conversations/{mention_id}",
        f"/replies/{reply.id}",
        *EVERYBODYS,
        *AUDITORS,
        f"/conversations?q={'<script>'}",
    )
    for address in places:
        page = visitor.get(address)
        assert page.status_code == 200, address
        assert "<script>alert" not in page.text, address
        assert "<img" not in page.text, address
        assert "<svg/onload" not in page.text, address
        assert "</textarea>'" not in page.text, address
        assert 'href="javascript' not in page.text, address
        assert " 49 " not in page.text, address
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in visitor.get(f"/conversations/{mention_id}").text


def test_conversations_are_found_by_words_and_filters(stage: Stage, past: Past) -> None:
    with stage.deps.sessions.begin() as session:
        wanted = past.conversation(session, stage.deps.now(), text="A 100% rare_word here", author="Zoë Ångström")
    visitor = stage.visitor("ana")
    for query in ({"q": "rare_word"}, {"q": "100%"}, {"q": "ångström"}, {"q": "RARE_"}):
        assert f'/conversations/{wanted}"' in visitor.get("/conversations", **query).text, query
    assert "Nothing fits" in visitor.get("/conversations", q="word rarely").text
    with stage.deps.sessions() as session:
        states = dict(session.execute(select(Mention.id, Mention.state)).all())
    page = visitor.get("/conversations", state="dismissed").text
    listed = [int(number) for number in re.findall(r'class="text" href="/conversations/(\d+)"', page)]
    assert listed
    assert all(states[number] is MentionState.DISMISSED for number in listed)
    everything = visitor.get("/conversations", state="nonsense", venue="x", since="yesterday")
    assert "Nothing fits" not in everything.text


def test_long_lists_page_by_key_and_miss_nothing(stage: Stage) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        made = {past.conversation(session, stage.deps.now() - timedelta(minutes=number)) for number in range(95)}
    visitor = stage.visitor("ana")
    address, seen, pages = "/conversations", list[int](), 0
    while address:
        page = visitor.get(address).text
        seen += [int(number) for number in re.findall(r'class="text" href="/conversations/(\d+)"', page)]
        onward = re.search(r'href="(/conversations\?before=\d+)">Older', page)
        address, pages = onward[1] if onward else "", pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 95
    assert set(seen) == made
    assert "offset" not in page


@pytest.mark.parametrize(
    "words", ["oldest all", "OLDEST", "old", "ol'dest's", "sam", '"oldest" & !', "the oldest of all\\"]
)
def test_words_are_found_however_old_and_whatever_stands_around_them(stage: Stage, words: str) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        text = "The oldest of all, says ol'dest's Sam"
        wanted = past.conversation(session, stage.deps.now() - timedelta(days=1), text=text)
        for number in range(25):
            past.conversation(session, stage.deps.now() - timedelta(minutes=number), text="Something else")
    page = stage.visitor("ana").get("/conversations", q=words).text
    assert re.findall(r'class="text" href="/conversations/(\d+)"', page) == [str(wanted)]


@pytest.mark.parametrize("words", ["!!!", "':*", "& |", "<->", "a" * 5000, "\\"])
def test_what_is_no_word_finds_nothing_and_breaks_nothing(stage: Stage, words: str) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        past.conversation(session, stage.deps.now())
    answer = stage.visitor("ana").get("/conversations", q=words)
    assert answer.status_code == 200
    assert "Nothing fits" in answer.text


def test_words_are_found_through_their_index(stage: Stage) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        for number in range(300):
            past.conversation(session, stage.deps.now() - timedelta(minutes=number), text=f"Nothing {number}")
        session.execute(text("set local enable_seqscan = off"))
        wanted = select(PostRecord.id).where(PostRecord.says("nothing 299"))
        compiled = wanted.compile(session.connection())
        plan = "\n".join(session.connection().exec_driver_sql(f"explain {compiled}", compiled.params).scalars())
    assert "ix_post_words" in plan


def test_a_thread_shows_our_decisions_where_they_were_made(stage: Stage) -> None:
    past = Past(stage)
    now = stage.deps.now()
    with stage.deps.sessions.begin() as session:
        mention_id = past.conversation(session, now - timedelta(hours=5), text="The question")
        mention = session.get_one(Mention, mention_id)
        session.query(Reply).filter_by(mention_id=mention_id).delete()
        mention.state = MentionState.OPEN
        past.reply(
            session, mention, session.get_one(PostRecord, mention.post_id), now - timedelta(hours=1), text="The answer"
        )
    page = stage.visitor("ana").get(f"/conversations/{mention_id}").text
    question, approved, answer = (
        page.index("The question"),
        page.index("Approved this exact text"),
        page.rindex("The answer"),
    )
    assert question < approved < answer
    assert "this is why it is here" in page


def test_times_are_written_in_utc_for_who_has_no_scripts(stage: Stage, past: Past) -> None:
    page = stage.visitor("ana").get("/conversations").text
    assert re.search(r'<time datetime="[^"]+\+00:00" data-form="full">\d+ \w+ \d{4}, \d\d:\d\d UTC</time>', page)


def test_the_numbers_behind_each_drawing_can_be_taken_along(stage: Stage, past: Past) -> None:
    with stage.deps.sessions.begin() as session:
        session.scalars(select(Venue).where(Venue.name == "r/ereader")).one().name = '=cmd|"/c calc"!A1'
    visitor = stage.visitor("mara")
    for chart in ("days", "kinds", "moods", "waits", "corrections", "venues"):
        table = visitor.get("/overview.csv", chart=chart, days="30")
        assert table.headers["content-type"].startswith("text/csv")
        assert table.headers["content-disposition"].startswith('attachment; filename="chorus-')
        assert len(table.text.splitlines()) > 1, chart
    assert '"\'=cmd|""/c calc""!A1"' in visitor.get("/overview.csv", chart="venues").text
    assert visitor.get("/overview.csv", chart="nothing").status_code == 404


def test_what_became_of_a_correction_is_what_tells_most(stage: Stage) -> None:
    past = Past(stage)
    with stage.deps.sessions.begin() as session:
        for heard in ((), ("answered", "corrected"), ("thanked", "disputed")):
            mention = session.get_one(Mention, past.conversation(session, stage.deps.now()))
            session.query(Reply).filter_by(mention_id=mention.id).delete()
            post = session.get_one(PostRecord, mention.post_id)
            reply = past.reply(session, mention, post, stage.deps.now())
            session.get_one(Draft, reply.draft_id).origin = Origin.FACT
            for kind in heard:
                session.add(Outcome(reply_id=reply.id, kind=OutcomeKind(kind), seen_at=stage.deps.now()))
    table = stage.visitor("mara").get("/overview.csv", chart="corrections", days="30").text
    assert sorted(table.split()[1:]) == ['"corrected","1"', '"disputed","1"', '"unanswered","1"']


def test_a_manager_pauses_tries_and_adds_sources_and_an_employee_does_not(stage: Stage) -> None:
    mara = stage.visitor("mara")
    page = mara.get("/sources")
    source = re.search(r'name="source" value="(\d+)"', page.text)
    assert source is not None
    form = mara.form(page, "/sources/state")
    assert mara.http.post("/sources/state", data={**form, "state": "paused"}).status_code == 303
    with stage.deps.sessions() as session:
        assert session.get_one(Source, int(form["source"])).state is SourceState.PAUSED
    account = str(stage.world.account)
    wish = {"kind": "mentions", "query": "", "account": account, "name": "New one", "channel": "C1", "pause": "30"}
    tried = mara.send("/sources", "/sources/add", to="/sources/look", **wish)
    assert "It would bring 0 posts now" in tried.text
    wrong = mara.send("/sources", "/sources/add", **{**wish, "kind": "search", "query": "Harbour"})
    assert wrong.status_code == 422
    assert "has no search to follow" in wrong.text
    assert 'value="New one"' in wrong.text
    assert mara.send("/sources", "/sources/add", **wish).status_code == 303
    assert "New one" in mara.get("/sources").text
    assert "/sources/add" not in stage.visitor("ana").get("/sources").text


def test_a_text_is_explained_with_its_findings_marked(stage: Stage) -> None:
    visitor = stage.visitor("ana")
    page = visitor.send("/guidelines", "/guidelines/explain", text="Buy now! <b>It needs Reader needs an account.</b>")
    assert page.status_code == 200
    assert "<mark" in page.text
    assert "It would be blocked" in page.text
    assert "<b>It needs" not in page.text


def test_a_text_is_explained_for_the_venue_that_was_named(stage: Stage) -> None:
    visitor = stage.visitor("ana")
    page = visitor.send("/guidelines", "/guidelines/explain", text="It runs 14 hours.", venue="r/readers").text
    assert 'value="r/readers"' in page


def test_facts_are_searched_and_show_how_long_they_hold(stage: Stage) -> None:
    visitor = stage.visitor("ana")
    page = visitor.get("/facts", q="battery").text
    assert "The Harbour Reader&#39;s battery" in page
    assert "waterproof" not in page
    assert "Nothing fits" in visitor.get("/facts", q="zebra").text


def test_health_names_what_is_in_trouble(stage: Stage) -> None:
    visitor = stage.visitor("ana")
    assert "Everything is well" in visitor.get("/health").text
    with stage.deps.sessions.begin() as session:
        source = session.scalars(select(Source)).one()
        source.state, source.detail = SourceState.NEEDS_ATTENTION, "The token was withdrawn."
    page = visitor.get("/health").text
    assert "1 thing needs somebody" in page
    assert "The token was withdrawn." in page
