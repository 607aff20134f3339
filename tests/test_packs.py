"""Guideline packs in the database: added, put in force, gone back to, tried on the past, and learning from people."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from audit_world import AT, Past
from slack_world import build
from sqlalchemy import func, select

from bot import packs
from bot.audit import people, reviewing
from bot.audit.selection import Selection, stream
from bot.database import Sessions
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotAllowed, NotFound
from bot.models import Draft, Employee, ExampleState, Mention, MentionKind, Origin, PackVersion, ProposedExample
from bot.models.audit import ReviewItem
from bot.packs import PackRefused, PackReplay
from bot.rulebook import Rulebook
from guidelines import pack as shipped
from guidelines.pack import load

PACK = """guidelines: 1
pack: harbour
version: "1"
owner: maria@harbour.example
company: [Harbour]
rules:
  - id: no-promises
    title: No promises
    why: Nobody can keep them.
    severity: block
    check: {phrases: [guarantee]}
    fix: Say what is known.
    examples:
      fail:
        - We guarantee it.
        # said in May
        - Guarantee!
      pass:
        - We try.
  - id: no-shouting
    severity: warn
    check: {phrases: [LOUD]}
    examples: {pass: [quiet], fail: [LOUD]}
"""
STRICTER = PACK.replace("[guarantee]", "[guarantee, sorry]").replace('"1"', '"2"')


@pytest.fixture
def moment() -> datetime:
    return AT + timedelta(days=2)


@pytest.fixture
def deps(sessions: Sessions, moment: datetime) -> Deps:
    built = build(sessions, lambda: moment).deps
    return replace(built, rulebook=Rulebook(load(PACK), None, sessions))


@pytest.fixture
def person(sessions: Sessions) -> Callable[[str], Employee]:
    def known(role: str) -> Employee:
        with sessions.begin() as session:
            found = session.scalar(select(Employee).where(Employee.slack_user == f"U{role}"))
            if found is None:
                found = Employee(slack_user=f"U{role}", name=role.capitalize(), roles=[role], first_seen_at=AT)
                session.add(found)
        return found

    return known


def noted(sessions: Sessions, kind: str) -> list[dict[str, object]]:
    with sessions() as session:
        return [dict(entry.data) for entry in stream(session, Selection(kind=kind))]


def looked_back(deps: Deps, text: str, *, most: int = 100) -> PackReplay:
    return packs.replay(deps, packs.read(text), since=AT - timedelta(days=1), most=most)


def test_the_same_text_twice_is_one_version(deps: Deps, person: Callable[[str], Employee]) -> None:
    first = packs.add(deps, STRICTER, by=person("manager"))
    assert packs.add(deps, STRICTER, by=None).id == first.id
    [version] = packs.versions(deps)
    assert (version.name, version.version, version.added_by) == ("harbour", "2", "Manager")
    assert len(noted(deps.sessions, "guidelines.added")) == 1
    assert not version.in_force


def test_a_version_comes_into_force_at_once_and_the_one_before_can_be_gone_back_to(
    deps: Deps, person: Callable[[str], Employee]
) -> None:
    manager = person("manager")
    added = packs.add(deps, STRICTER, by=manager)
    packs.activate(deps, added.id, by=manager)
    assert deps.pack.version == "2"
    [newest, earlier] = sorted(packs.versions(deps), key=lambda version: version.in_force, reverse=True)
    assert (newest.in_force, newest.activated_by) == (True, "Manager")
    assert earlier.sha256 == load(PACK).sha256
    packs.activate(deps, earlier.id, by=person("admin"))
    assert deps.pack.version == "1"
    [entry, back] = noted(deps.sessions, "guidelines.activated")
    assert entry["tests"] == {"examples": 5, "wrong": 0, "crossfires": 0, "untested": 2, "broken": 0}
    assert (entry["name"], entry["version"], entry["sha256"]) == ("harbour", "2", added.sha256)
    assert back["before"] == added.sha256
    with pytest.raises(Conflict, match="in force already"):
        packs.activate(deps, earlier.id, by=manager)


def test_a_pack_with_a_broken_blocking_rule_is_refused_with_its_line(deps: Deps) -> None:
    with pytest.raises(PackRefused) as refused:
        packs.add(deps, STRICTER.replace("{phrases: [guarantee, sorry]}", "{phrasez: [guarantee]}"), by=None)
    [problem] = refused.value.problems
    assert (problem.line, problem.rule, problem.hint) == (11, "no-promises", "did you mean 'phrases'?")
    assert packs.versions(deps) == []


def test_other_broken_rules_are_told_and_left_out(deps: Deps) -> None:
    added = packs.add(deps, STRICTER.replace("{phrases: [LOUD]}", "{phrasez: [LOUD]}"), by=None)
    packs.activate(deps, added.id, by=None)
    assert [rule.id for rule in deps.pack.rules] == ["no-promises"]
    assert str(deps.pack.problems[0]).startswith("pack:22 no-shouting: ")
    assert noted(deps.sessions, "guidelines.activated")[0]["tests"]["broken"] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "rules: [", "a\ufffdb\n", "guidelines: 1\x00\n", "[" * 5000, "&a [*a]"]
)
def test_what_is_no_pack_is_refused_in_words(deps: Deps, text: str) -> None:
    with pytest.raises(PackRefused, match="This pack cannot be used"):
        packs.add(deps, text, by=None)


@pytest.mark.parametrize("role", ["employee", "reviewer"])
def test_only_managers_and_admins_change_guidelines(deps: Deps, person: Callable[[str], Employee], role: str) -> None:
    added = packs.add(deps, STRICTER, by=person("admin"))
    for attempt in (
        lambda: packs.add(deps, PACK, by=person(role)),
        lambda: packs.activate(deps, added.id, by=person(role)),
        lambda: packs.take(deps, 1, by=person(role)),
        lambda: packs.decline(deps, 1, by=person(role)),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert deps.pack.version == "1"


def test_there_is_no_version_of_that_number(deps: Deps) -> None:
    with pytest.raises(NotFound):
        packs.activate(deps, 7, by=None)


def test_a_replay_says_what_would_change_and_where_to_look(deps: Deps) -> None:
    past = Past(deps.sessions)
    kept = past.reply(answer="We try.")
    apology = past.reply(answer="Sorry! Version 4 keeps it.")
    with deps.sessions.begin() as session:
        mention = session.get_one(Mention, kept.mention_id)
        sorry = Draft(mention_id=mention.id, origin=Origin.PERSON, text="So sorry.", created_at=AT)
        session.add(sorry)
        session.add(Draft(mention_id=mention.id, origin=Origin.PERSON, text="We guarantee it.", created_at=AT))
    found = looked_back(deps, STRICTER)
    assert found.replay.total == 4
    assert found.said == "2 more blocked, 0 fewer"
    assert sorted(change.key for change in found.replay.newly_blocked) == [
        f"/conversations/{kept.mention_id}#draft-{sorry.id}",
        f"/replies/{apology.id}",
    ]
    assert looked_back(deps, STRICTER.replace("[guarantee, sorry]", "[never]")).said == "0 more blocked, 1 fewer"


def test_a_replay_is_bounded_and_says_what_it_left_out(deps: Deps) -> None:
    past = Past(deps.sessions)
    for _ in range(4):
        newest = past.reply()
    found = looked_back(deps, STRICTER, most=1)
    assert (found.replay.total, found.left_out) == (1, 3)
    assert found.replay.changes[0].key == f"/replies/{newest.id}"
    later = packs.replay(deps, packs.read(STRICTER), since=AT + timedelta(days=1))
    assert (later.replay.total, later.left_out) == (0, 0)


@pytest.mark.parametrize(
    ("scope", "blocked"),
    [
        ("platforms: [plaza]", 1),
        ("platforms: [reddit]", 0),
        ("venues: [hill]", 1),
        ("venues: [harbour]", 0),
        ("when: {reply_to: complaint}", 1),
        ("when: {reply_to: praise}", 0),
        ("unless: {account: official}", 0),
    ],
)
def test_rules_see_the_place_of_old_texts_as_they_did_then(deps: Deps, scope: str, blocked: int) -> None:
    reply = Past(deps.sessions).reply(venue=1)
    with deps.sessions.begin() as session:
        session.get_one(Mention, reply.mention_id).kind = MentionKind.COMPLAINT
    found = looked_back(deps, STRICTER.replace("    fix: Say", f"    {scope}\n    fix: Say"))
    assert len(found.replay.newly_blocked) == blocked


def test_similar_replies_are_found_again_in_their_order(deps: Deps) -> None:
    past = Past(deps.sessions)
    past.reply(answer="Hold reset for ten seconds and the light turns orange.")
    second = past.reply(answer="Hold reset for ten seconds, and the light turns orange!")
    rule = "  - id: no-repeat\n    severity: block\n    check: {similar_to_recent: {sim: 0.85, days: 30}}\n"
    [change] = looked_back(deps, PACK + rule).replay.newly_blocked
    assert change.key == f"/replies/{second.id}"


def test_old_replies_are_looked_at_with_the_pack_that_was_chosen(deps: Deps, person: Callable[[str], Employee]) -> None:
    past = Past(deps.sessions)
    past.reply(answer="We try.")
    wanted = past.reply(answer="Sorry! Version 4 keeps it.")
    added = packs.add(deps, STRICTER, by=None)
    reviewer = person("reviewer")
    assert packs.scan(deps, added.id, days=30, by_id=reviewer.id) == [wanted.id]
    assert deps.pack.version == "1"
    [entry] = noted(deps.sessions, "review.scanned")
    assert (entry["looked_at"], entry["found"], entry["version"], entry["sha256"]) == (2, 1, "2", added.sha256)
    with deps.sessions() as session:
        [waiting] = reviewing.queue(session, reviewer)
    assert waiting.reasons == ("new rule: no-promises in harbour 2",)
    packs.scan(deps, added.id, days=30, by_id=None)
    with deps.sessions() as session:
        assert session.scalar(select(func.count(ReviewItem.id))) == 1


def test_a_scan_is_asked_for_once_and_only_by_those_who_oversee(deps: Deps, person: Callable[[str], Employee]) -> None:
    added = packs.add(deps, STRICTER, by=None)
    with pytest.raises(NotAllowed):
        packs.begin_scan(deps, added.id, days=90, by=person("employee"))
    with pytest.raises(NotFound):
        packs.begin_scan(deps, added.id + 1, days=90, by=person("manager"))
    for role in ("manager", "reviewer"):
        packs.begin_scan(deps, added.id, days=90, by=person(role))
    with deps.sessions() as session:
        jobs = session.connection().exec_driver_sql("select args from procrastinate_jobs where task_name = 'scan'")
        [asked] = jobs.scalars().all()
    assert asked == {"version_id": added.id, "days": 90, "employee_id": person("manager").id}


def test_a_finding_that_is_wrong_becomes_an_example_of_a_new_version(
    deps: Deps, person: Callable[[str], Employee]
) -> None:
    reply = Past(deps.sessions).reply(answer="A guarantee of two years comes with it.")
    subject = packs.Subject(reply_id=reply.id)
    text, findings = packs.objections(deps, subject)
    assert (text, [finding.rule for finding in findings]) == (reply.typed, ["no-promises"])
    reviewer, manager = person("reviewer"), person("manager")
    for _ in range(2):
        proposed = packs.propose_passing(deps, subject, "no-promises", by=reviewer, comment=" It is the law. ")
    [waiting] = packs.proposals(deps)
    assert "mention" not in waiting.situation
    assert (waiting.comment, waiting.proposed_by, waiting.is_known_rule) == ("It is the law.", "Reviewer", True)
    assert packs.learned(deps) == deps.pack.text
    packs.take(deps, proposed.id, by=manager, mention="How long is it covered?")
    text = packs.learned(deps)
    assert [line for line in text.splitlines() if line not in PACK.splitlines()] == [
        "version: 2026-11-23.1",
        "        - {text: A guarantee of two years comes with it., platform: plaza, venue: harbour, mention: How long"
        " is it covered?, mention_kind: other, identity: brand}",
    ]
    assert "# said in May" in text
    added = packs.add(deps, text, by=manager)
    assert packs.Tests.of(packs.tested(packs.read(text))).wrong == 1
    packs.activate(deps, added.id, by=manager)
    assert packs.learned(deps) == deps.pack.text
    assert [len(noted(deps.sessions, f"example.{what}")) for what in ("proposed", "taken", "declined")] == [1, 1, 0]


def test_a_text_that_a_rule_misses_becomes_an_example_it_must_find(
    deps: Deps, person: Callable[[str], Employee]
) -> None:
    reply = Past(deps.sessions).reply(answer="You have our word for it.")
    looked = packs.seen(deps, packs.Subject(reply_id=reply.id))
    assert [rule.id for rule in packs.silent(deps, looked)] == ["no-promises", "no-shouting"]
    reviewer, manager = person("reviewer"), person("manager")
    for _ in range(2):
        proposed = packs.propose_failing(deps, looked, "no-promises", by=reviewer, comment="That is a promise.")
    [waiting] = packs.proposals(deps)
    assert (waiting.rule, waiting.text, waiting.should_pass) == ("no-promises", "You have our word for it.", False)
    packs.take(deps, proposed.id, by=manager)
    text = packs.learned(deps)
    assert [line for line in text.splitlines() if line not in PACK.splitlines()] == [
        "version: 2026-11-23.1",
        "        - {text: You have our word for it., platform: plaza, venue: harbour, mention_kind: other,"
        " identity: brand}",
    ]
    report = packs.tested(packs.read(text))
    [missed] = [outcome for rule in report.rules for outcome in rule.outcomes if not outcome.right]
    assert (missed.rule, missed.should_fail) == ("no-promises", True)
    mended = packs.read(text.replace("[guarantee]", "[guarantee, our word]"))
    assert packs.Tests.of(packs.tested(mended)).wrong == 0
    assert [entry["should_pass"] for entry in noted(deps.sessions, "example.proposed")] == [False]


def test_what_a_rule_finds_already_was_not_missed(deps: Deps, person: Callable[[str], Employee]) -> None:
    reply = Past(deps.sessions).reply(answer="We guarantee it.")
    looked = packs.seen(deps, packs.Subject(reply_id=reply.id))
    assert [rule.id for rule in packs.silent(deps, looked)] == ["no-shouting"]
    with pytest.raises(Conflict, match="finds this text already"):
        packs.propose_failing(deps, looked, "no-promises", by=person("reviewer"))
    with pytest.raises(NotAllowed):
        packs.propose_failing(deps, looked, "no-shouting", by=person("employee"))
    assert packs.proposals(deps) == []


def test_an_example_is_decided_once_but_a_taken_one_can_be_left_out_again(
    deps: Deps, person: Callable[[str], Employee]
) -> None:
    manager = person("manager")
    first = packs.propose(deps, "no-shouting", "LOUD and clear", situation={}, by=manager, should_pass=False)
    second = packs.propose(deps, "no-shouting", "LOUD and clear", situation={}, by=manager)
    packs.decline(deps, first.id, by=manager)
    with pytest.raises(Conflict, match="declined"):
        packs.take(deps, first.id, by=manager)
    packs.take(deps, second.id, by=manager, text="Read it out LOUD.")
    assert "Read it out LOUD." in packs.learned(deps)
    packs.decline(deps, second.id, by=manager)
    assert packs.learned(deps) == deps.pack.text
    assert packs.proposals(deps, ExampleState.TAKEN) == []


def test_what_cannot_be_proposed_is_refused_in_words(deps: Deps, person: Callable[[str], Employee]) -> None:
    reviewer = person("reviewer")
    with pytest.raises(NotFound, match="no rule “gone”"):
        packs.propose(deps, "gone", "text", situation={}, by=reviewer)
    for text in (" ", "x" * 10_001):
        with pytest.raises(ChorusError, match="An example is a text"):
            packs.propose(deps, "no-promises", text, situation={}, by=reviewer)
    with pytest.raises(NotAllowed, match="Community managers"):
        packs.propose(deps, "no-promises", "text", situation={}, by=person("employee"))
    with pytest.raises(NotFound, match="no longer there"):
        packs.objections(deps, packs.Subject(reply_id=99))


def test_an_erased_person_is_not_named_in_examples(deps: Deps, person: Callable[[str], Employee]) -> None:
    Past(deps.sessions).reply(author="mona")
    packs.propose(
        deps, "no-promises", "Hi Mona Moon, sorry!", situation={}, by=person("reviewer"), comment="To mona moon."
    )
    with deps.sessions.begin() as session:
        people.erase_person(session, "plaza", "mona", basis="GDPR 17(1)(b)", at=deps.now(), by="employee:1")
    with deps.sessions() as session:
        [kept] = session.scalars(select(ProposedExample))
    assert (kept.text, kept.comment) == ("Hi [erased], sorry!", "To [erased].")


def test_the_pack_that_ships_can_be_added_and_activated(deps: Deps) -> None:
    added = packs.add(deps, shipped.default().text, by=None)
    packs.activate(deps, added.id, by=None)
    assert deps.pack.sha256 == shipped.default().sha256
    with deps.sessions() as session:
        assert len(session.scalars(select(PackVersion)).all()) == 2
