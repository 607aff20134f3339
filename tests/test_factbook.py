"""Facts in the database: versions that stand in the record, examples that run first, and files there and back."""

from dataclasses import replace
from datetime import date

import orjson
import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from bot import factbook
from bot.audit.narration import sentence
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import ChorusError, Conflict, NotAllowed, NotFound
from bot.fact_reading import body_of, read, tidied
from bot.factbook import NotAFact
from bot.models import AuditEntry, AuditText, FactVersion, Json
from bot.rulebook import Rulebook
from guidelines.facts import FactBase

WEIGHT: Json = {
    "entity": "Harbour Mini",
    "statement": "The Harbour Mini weighs 160 grams.",
    "source_url": "https://harbour.example/mini",
}


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def kinds(harbour: Harbour, subject: str) -> list[str]:
    with harbour.deps.sessions() as session:
        told = select(AuditEntry.kind).where(AuditEntry.subject == subject).order_by(AuditEntry.seq)
        return list(session.scalars(told))


def put(harbour: Harbour, key: str = "mini-weight", by: str = "U0MARA", **changes: object) -> FactVersion:
    return factbook.put(harbour.deps, key, WEIGHT | changes, by=harbour.person(by))


def test_a_plain_sentence_with_a_source_is_a_fact_at_once(harbour: Harbour) -> None:
    put(harbour)
    assert harbour.deps.facts is not None
    claim = harbour.deps.facts.check("The Harbour Mini weighs 300 grams, way too much.", now=harbour.deps.now())
    assert (claim.label, claim.fact_id) == ("contradicts", "mini-weight")


def test_the_first_change_takes_the_facts_of_the_file_along(harbour: Harbour) -> None:
    before = set(harbour.deps.facts.facts) if harbour.deps.facts else set()
    put(harbour)
    assert harbour.deps.facts is not None
    assert set(harbour.deps.facts.facts) == before | {"mini-weight"}
    assert kinds(harbour, "facts") == ["fact.adopted"]


def test_a_change_is_a_new_version_and_the_record_tells_it(harbour: Harbour) -> None:
    put(harbour)
    second = put(harbour, statement="The Harbour Mini weighs 170 grams.")
    assert second.version == 2
    with harbour.deps.sessions() as session:
        versions = factbook.history(session, "mini-weight")
        entries = select(AuditEntry).where(AuditEntry.subject == "fact:mini-weight").order_by(AuditEntry.seq)
        said = [sentence(entry.kind, orjson.loads(entry.body)["data"]) for entry in session.scalars(entries)]
        statements = session.scalars(select(AuditText.text).where(AuditText.field == "statement")).all()
    assert [(each.version, each.retired_at is None) for each in versions] == [(2, True), (1, False)]
    assert said[-1] == "Put a fact in force: mini-weight, version 2."
    assert "The Harbour Mini weighs 170 grams." in statements


def test_somebody_elses_change_in_between_is_not_written_over(harbour: Harbour) -> None:
    put(harbour)
    put(harbour, statement="The Harbour Mini weighs 170 grams.")
    with pytest.raises(Conflict, match="in the meantime"):
        factbook.put(harbour.deps, "mini-weight", WEIGHT, by=harbour.person("U0MARA"), expected=1)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"source_url": "ftp://x"}, "source_url", "not an http"),
        ({"statement": ""}, "statement", "missing"),
        ({"comparator": "roughly"}, "comparator", "must be one of exactly, at_least, up_to"),
        ({"valid_until": "soon"}, "valid_until", "not a date"),
        ({"unitt": "g"}, "unitt", "Unknown field"),
        ({"statement": "x" * 1001}, "statement", "longer than 1000"),
        ({"statement": "nul \0 here"}, "", "NUL"),
        ({"statement": "half \ud800 a sign"}, "", "U+D800"),
        ({"aliases": ["rubbed \x7f out"]}, "", "U+007F"),
    ],
)
def test_what_is_wrong_names_the_field_and_nothing_changes(
    harbour: Harbour, changes: Json, field: str, reason: str
) -> None:
    with pytest.raises(NotAFact) as refused:
        put(harbour, **changes)
    assert any(fault.field == field and reason in fault.reason for fault in refused.value.reading.faults)
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(FactVersion)) == 0


@pytest.mark.parametrize("key", ["", "Has Blank", "ü", "a" * 81, "-x", "a/b"])
def test_an_id_is_short_and_plain(harbour: Harbour, key: str) -> None:
    with pytest.raises(NotAFact, match="id is missing or not short"):
        put(harbour, key=key)


def test_an_example_that_would_correct_somebody_wrongly_is_refused(harbour: Harbour) -> None:
    with pytest.raises(NotAFact, match="should be left alone"):
        put(harbour, not_this=["The Harbour Mini weighs 300 grams."])


def test_a_misstatement_that_would_be_missed_is_shown_and_can_be_accepted(harbour: Harbour) -> None:
    missed = WEIGHT | {"misstatements": ["The Harbour Mini is quite something to look at."]}
    with pytest.raises(NotAFact, match="should be corrected, but is not"):
        factbook.put(harbour.deps, "mini-weight", missed, by=None)
    assert factbook.put(harbour.deps, "mini-weight", missed, by=None, accept_missed=True).version == 1


def test_a_review_sets_day_and_owner(harbour: Harbour) -> None:
    put(harbour)
    reviewed = factbook.review(harbour.deps, "mini-weight", by=harbour.person("U0MARA"))
    assert reviewed.body["reviewed_at"] == harbour.deps.now().date().isoformat()
    assert reviewed.body["owner"] == harbour.person("U0MARA").name
    assert kinds(harbour, "fact:mini-weight") == ["fact.changed", "fact.reviewed"]
    assert harbour.deps.facts is not None
    assert harbour.deps.facts.facts["mini-weight"].reviewed_at == harbour.deps.now().date()


def test_a_withdrawn_fact_corrects_nobody_and_can_come_back(harbour: Harbour) -> None:
    put(harbour)
    factbook.withdraw(harbour.deps, "mini-weight", by=harbour.person("U0MARA"))
    assert harbour.deps.facts is not None
    assert "mini-weight" not in harbour.deps.facts.facts
    with pytest.raises(NotFound):
        factbook.withdraw(harbour.deps, "mini-weight", by=harbour.person("U0MARA"))
    assert put(harbour).version == 2


@pytest.mark.parametrize("user", ["U0ANA", "U0RUTH"])
def test_only_managers_and_admins_change_facts(harbour: Harbour, user: str) -> None:
    with pytest.raises(NotAllowed, match="Community managers and admins"):
        put(harbour, by=user)
    for act in (factbook.review, factbook.withdraw):
        with pytest.raises(NotAllowed):
            act(harbour.deps, "mini-usb", by=harbour.person(user))
    with pytest.raises(NotAllowed):
        factbook.import_file(harbour.deps, "facts: []", by=harbour.person(user))


def test_a_file_goes_out_and_comes_back_the_same(harbour: Harbour) -> None:
    put(harbour, misstatements=["The Harbour Mini weighs 300 grams."], valid_until="2030-01-01", tolerance="5")
    page = factbook.export(harbour.deps)
    again = factbook.import_file(harbour.deps, page, by=harbour.person("U0MARA"))
    assert (again.changed, again.same) == ((), 5)
    assert FactBase.load(page).facts["mini-weight"].valid_until == date(2030, 1, 1)
    changed = factbook.import_file(harbour.deps, page.replace("160 grams", "170 grams"), by=None)
    assert changed.changed == ("mini-weight",)
    with harbour.deps.sessions() as session:
        assert [each.version for each in factbook.history(session, "mini-weight")] == [2, 1]


def test_the_policy_of_a_file_comes_along_and_goes_out_again(harbour: Harbour) -> None:
    put(harbour)
    page = factbook.export(harbour.deps)
    mara = harbour.person("U0MARA")
    assert factbook.import_file(harbour.deps, page, by=mara).review_days is None
    taken = factbook.import_file(harbour.deps, f"policy: {{review_days: 30}}\n{page}", by=mara)
    assert (taken.changed, taken.same, taken.review_days) == ((), 5, 30)
    assert harbour.deps.facts is not None
    assert harbour.deps.facts.review_days == 30
    assert not harbour.deps.facts.facts["mini-weight"].stands(harbour.deps.now(), 30)
    again = factbook.export(harbour.deps)
    assert FactBase.load(again).review_days == 30
    assert factbook.import_file(harbour.deps, again, by=mara).review_days is None
    assert factbook.import_file(harbour.deps, page, by=mara).review_days is None
    assert harbour.deps.facts.review_days == 30, "a file that says nothing about it changes nothing"
    assert kinds(harbour, "facts") == ["fact.adopted", "fact.policy"]
    said = sentence("fact.policy", {"review_days": 30})
    assert said == "Facts correct nobody once 30 days passed without a review."


def test_the_policy_of_the_settings_file_is_taken_over_with_its_facts(harbour: Harbour) -> None:
    named = FactBase.load(f"policy: {{review_days: 90}}\n{factbook.export(harbour.deps)}")
    deps = replace(harbour.deps, rulebook=Rulebook(harbour.deps.pack, named, harbour.deps.sessions))
    factbook.put(deps, "mini-weight", WEIGHT, by=None)
    without = Rulebook(harbour.deps.pack, None, harbour.deps.sessions)
    assert without.facts is not None
    assert without.facts.review_days == 90


def test_reviews_can_be_asked_for_and_let_go_again_over_what_the_settings_file_says(harbour: Harbour) -> None:
    named = FactBase.load(f"policy: {{review_days: 90}}\n{factbook.export(harbour.deps)}")
    deps = replace(harbour.deps, rulebook=Rulebook(harbour.deps.pack, named, harbour.deps.sessions))
    mara = harbour.person("U0MARA")
    for days in (None, None, 7):
        factbook.set_review_days(deps, days, by=mara)
        assert deps.facts is not None
        assert deps.facts.review_days == days
    assert kinds(harbour, "facts") == ["fact.adopted", "fact.policy_ended", "fact.policy"]
    assert sentence("fact.policy_ended", {}) == "Facts need no review any more to correct somebody."
    with pytest.raises(ChorusError, match="every 1 to 3,650 days, or never"):
        factbook.set_review_days(deps, 0, by=mara)
    with pytest.raises(NotAllowed):
        factbook.set_review_days(deps, 30, by=harbour.person())


@pytest.mark.parametrize("policy", ["policy: {review_days: 0}", "policy: soon", "policy: {review_days: 1e9}"])
def test_a_policy_that_makes_no_sense_is_refused_with_its_line(harbour: Harbour, policy: str) -> None:
    with pytest.raises(ChorusError, match=r"facts:1.*`policy` needs `review_days`"):
        factbook.import_file(harbour.deps, f"{policy}\nfacts: []\n", by=None)
    assert kinds(harbour, "facts") == []


def test_a_file_with_a_mistake_changes_nothing(harbour: Harbour) -> None:
    with pytest.raises(ChorusError, match=r"facts:\d+.*`source_url` is missing"):
        factbook.import_file(harbour.deps, "facts:\n  - {id: a, entity: E, statement: E is old.}\n", by=None)
    assert harbour.deps.facts is not None
    assert "mini-usb" in harbour.deps.facts.facts


@pytest.mark.parametrize("sign", [r"\x7f", r"\x80", r"\uffff", r"\ud800", r"\0"])
def test_a_file_with_a_character_that_cannot_be_kept_changes_nothing_and_says_where(
    harbour: Harbour, sign: str
) -> None:
    before = dict(harbour.deps.facts.facts) if harbour.deps.facts else {}
    odd = f'{{id: odd, entity: E, statement: "E is {sign} old.", source_url: "https://e.example"}}'
    with pytest.raises(ChorusError, match=r"facts:\d+ 'odd': there is a .* character .*in it"):
        factbook.import_file(harbour.deps, f"facts:\n  - {odd}\n", by=None)
    harbour.deps.rulebook.refresh()
    assert harbour.deps.facts is not None
    assert harbour.deps.facts.facts == before


def test_reviews_can_be_let_go_where_the_facts_are_older_than_policies(harbour: Harbour) -> None:
    named = FactBase.load(f"policy: {{review_days: 90}}\n{factbook.export(harbour.deps)}")
    put(harbour)
    deps = replace(harbour.deps, rulebook=Rulebook(harbour.deps.pack, named, harbour.deps.sessions))
    assert deps.facts is not None
    assert deps.facts.review_days == 90
    factbook.set_review_days(deps, 90, by=harbour.person("U0MARA"))
    assert kinds(harbour, "facts") == ["fact.adopted"]
    factbook.set_review_days(deps, None, by=harbour.person("U0MARA"))
    assert deps.facts.review_days is None
    assert kinds(harbour, "facts") == ["fact.adopted", "fact.policy_ended"]


def test_a_review_of_what_held_all_along_judges_nothing_anew(harbour: Harbour) -> None:
    mara = harbour.person("U0MARA")
    put(harbour)
    with harbour.deps.sessions.begin() as session:
        session.execute(text("delete from procrastinate_jobs"))
    factbook.review(harbour.deps, "mini-weight", by=mara)
    assert harbour.asked_for("look_back") == harbour.asked_for("judge_again") == []
    put(harbour, reviewed_at="2020-01-01")
    factbook.set_review_days(harbour.deps, 30, by=mara)
    with harbour.deps.sessions.begin() as session:
        session.execute(text("delete from procrastinate_jobs"))
    factbook.review(harbour.deps, "mini-weight", by=mara)
    assert [each["fact"] for each in harbour.asked_for("look_back")] == ["mini-weight"], "it corrects people again"
    assert len(harbour.asked_for("judge_again")) == 1


PARTS = st.sampled_from(
    [
        "The Harbour Mini weighs {n} grams.",
        "The Harbour Mini costs ${n}.",
        "The Harbour Mini's battery lasts up to {n} hours.",
        "Harbour was founded in 19{n}.",
        "The Harbour Mini holds at least {n} books.",
        "Harbour is based in Oslo.",
        "The Harbour Mini is not waterproof.",
        "Support is open from {n} to 22 o'clock.",
        "The Harbour Mini has a {n}-inch screen and {n} GB of memory.",
    ]
)


@given(part=PARTS, number=st.integers(10, 99))
def test_confirming_what_was_inferred_changes_nothing_in_how_a_fact_is_understood(part: str, number: int) -> None:
    body = WEIGHT | {"statement": part.format(n=number)}
    moment = DrivenClock()()
    plain = read("a", body, [], now=moment)
    assert plain.inferred["polarity"]
    confirmed = read("a", {**body, **tidied(plain.inferred)}, [], now=moment)
    assert confirmed.faults == ()
    assert confirmed.understood == plain.understood
    assert confirmed.fact is not None
    assert read("a", body_of(confirmed.fact), [], now=moment).fact == confirmed.fact
