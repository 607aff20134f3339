"""“Handle this link”: the post behind a pasted address gets its card, once, or its person is told why not."""

from collections.abc import Iterator

import pytest
from plaza_stage import Company, company
from sqlalchemy import select, text

from bot import desk, intake, links, outbox, sources
from bot.demo.slack import PersonError
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.errors import ChorusError, NotAllowed
from bot.models import AuditEntry, Mention, MentionState, Outgoing, PostRecord, Source, SourceState


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Company]:
    with company(postgres) as play:
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Company) -> Iterator[None]:
    yield
    for person in (play.ana, play.ruth):
        if person.views():
            person.close(everything=True)
    with play.harbour.deps.sessions.begin() as session:
        session.execute(text("delete from procrastinate_jobs where task_name = 'link'"))


def spoken(play: Company, said: str = "My tea is cold again.") -> tuple[str, str]:
    """Somebody says something that no source of ours would find; returns its id and its address."""
    post_id = play.harbour.plaza.post_as("Quiet Reader", said)
    return post_id, f"{play.harbour.plaza.url}/@quiet_reader/{post_id}"


def paste(play: Company, url: str) -> None:
    play.ana.shortcut("handle_link")
    window = play.ana.wait_for_modal("Handle a link")
    assert validate(window["blocks"], "modal") == []
    play.ana.submit(url=url, channel=play.channel)


def mentions_of(play: Company, post_id: str) -> list[Mention]:
    with play.harbour.deps.sessions() as session:
        found = select(Mention).join(PostRecord, PostRecord.id == Mention.post_id)
        return list(session.scalars(found.where(PostRecord.external_id == post_id)))


def entries(play: Company, kind: str) -> list[AuditEntry]:
    with play.harbour.deps.sessions() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.kind == kind).order_by(AuditEntry.seq)))


def test_a_pasted_link_is_answered_at_once_and_gets_its_card(play: Company) -> None:
    post_id, url = spoken(play, "Nobody named, but it is about us.")
    paste(play, url)
    assert "Looking…" in words(play.ana.modal())
    assert mentions_of(play, post_id) == []
    play.handle_links()
    (mention,) = mentions_of(play, post_id)
    assert mention.channel == play.channel
    play.prepare(mention.id)
    card = play.read(mention.id)
    assert "Nobody named, but it is about us." in card
    assert "somebody pasted its link" in card
    assert mentions_of(play, post_id)[0].state is MentionState.OPEN
    assert entries(play, "link.taken")[-1].subject == f"mention:{mention.id}"
    assert entries(play, "link.asked")[-1].actor == f"employee:{play.employee(play.ana).id}"


def test_a_link_that_is_known_leads_to_its_card(play: Company) -> None:
    post_id, url = spoken(play, "Where is the page with the manual?")
    mention_id = links.take_link(play.harbour.deps, url, by=play.employee(play.ana), channel=play.channel)
    play.prepare(mention_id)
    marks = play.show(mention_id)["ts"]
    paste(play, f"{url}/#comments")
    window = play.ana.modal()
    assert "known already" in words(window)
    assert f"p{marks.replace('.', '')}" in words(window)
    play.ana.click(window, "mention.thread")
    play.ana.wait_for_modal("Conversation")
    assert play.harbour.asked_for("link") == []
    assert len(mentions_of(play, post_id)) == 1


def test_the_same_link_twice_is_looked_for_once_and_gets_one_card(play: Company) -> None:
    post_id, url = spoken(play)
    by = play.employee(play.ana)
    for _ in range(2):
        assert links.ask(play.harbour.deps, url, by=by, channel=play.channel) is None
    assert len(play.harbour.asked_for("link")) == 1
    play.handle_links()
    play.handle_links()
    assert len(mentions_of(play, post_id)) == 1


def test_a_link_to_nothing_is_told_to_the_person_with_reason_and_advice(play: Company) -> None:
    url = f"{play.harbour.plaza.url}/@quiet_reader/999999999"
    paste(play, url)
    play.handle_links()
    (told,) = [said for said in play.told(play.ana.id) if url in said]
    assert "got no card" in told
    assert "taken away" in told
    assert entries(play, "link.failed")


def test_our_own_post_is_no_mention(play: Company) -> None:
    reply_id = play.posted("Does the Harbour Reader take my own books?", play.ana)
    with play.harbour.deps.sessions() as session:
        url = session.execute(text("select url from reply where id = :id"), {"id": reply_id}).scalar_one()
    with pytest.raises(ChorusError, match="our own"):
        links.take_link(play.harbour.deps, url, by=play.employee(play.ana), channel=play.channel)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("not a link", "not the address of a public page"),
        ("file:///etc/passwd", "not the address of a public page"),
        ("javascript:alert(1)", "not the address of a public page"),
        ("https://user:secret@mastodon.example/@a/1", "not the address of a public page"),
        ("https://[::1", "not the address of a public page"),
        ("https://mastodon.example:99999/@a/1", "not the address of a public page"),
        ("http://127.0.0.1:1/@a/1", "not public"),
        ("http://[::1]/@a/1", "not public"),
        ("http://169.254.169.254/latest/meta-data", "not public"),
        ("http://localhost/1", "not public"),
        ("https://printer.local/1", "not public"),
        ("https://elsewhere.example/@a/1", "no account that reads elsewhere.example"),
    ],
)
def test_what_we_must_not_or_cannot_read_is_refused_at_once(play: Company, url: str, why: str) -> None:
    with pytest.raises(ChorusError, match=why):
        links.ask(play.harbour.deps, url, by=play.employee(play.ana), channel=play.channel)
    assert play.harbour.asked_for("link") == []


def test_a_refusal_stands_beside_the_field(play: Company) -> None:
    play.ana.shortcut("handle_link")
    play.ana.wait_for_modal("Handle a link")
    with pytest.raises(PersonError) as refused:
        play.ana.submit(url="https://elsewhere.example/1", channel=play.channel)
    assert "no account that reads" in refused.value.details["errors"]["url"]


def test_the_command_does_the_same_in_the_channel_where_it_is_typed(play: Company) -> None:
    post_id, url = spoken(play)
    before = len(play.ana.messages("#mentions"))
    play.ana.command(f"/chorus link {url}", "#mentions")
    said = play.ana.wait_for(lambda: play.ana.messages("#mentions")[before:])[-1]
    assert said["is_ephemeral"]
    assert "Looking…" in words(said)
    play.handle_links()
    assert mentions_of(play, post_id)[0].channel == play.channel


def test_who_may_not_reply_may_not_bring_links_either(play: Company) -> None:
    _, url = spoken(play)
    play.ruth.shortcut("handle_link")
    play.ruth.wait_for_modal("That did not work")
    with pytest.raises(NotAllowed):
        links.take_link(play.harbour.deps, url, by=play.employee(play.ruth), channel=play.channel)


def test_what_holds_the_links_is_no_source_to_anybody(play: Company) -> None:
    _, url = spoken(play)
    links.take_link(play.harbour.deps, url, by=play.employee(play.ana), channel=play.channel)
    deps = play.harbour.deps
    with deps.sessions() as session:
        (held,) = [source for source in session.scalars(select(Source)) if source.is_for_links]
        assert held.id not in {source_id for source_id, _ in intake.due_sources(session, at=deps.now())}
    assert held.name not in {source.name for source in desk.sources(deps, by=play.employee(play.mara))}
    with pytest.raises(ChorusError, match="follows nothing"):
        sources.set_state(deps, held.id, SourceState.ACTIVE, actor="operator")
    with deps.sessions.begin() as session:
        outbox.daily(session, at=deps.now())
        asked = set(session.scalars(select(Outgoing.channel).where(Outgoing.subject.like("daily:%"))))
    assert "" not in asked
