"""The fact base: what is flagged, what is left alone, and what can never happen."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidelines.claims.corrections import correction_text
from guidelines.claims.evaluate import Labelled, evaluate
from guidelines.claims.examples import run_examples
from guidelines.claims.load import FactFile, load
from guidelines.claims.text import fold as fold_for_facts
from guidelines.facts import Claim, Fact, FactBase, FactsError, Label
from guidelines.lookalikes import LOOKALIKES
from guidelines.reading import fold as fold_for_checks

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
BASE = FactBase.load(DATA / "facts.yml", trained=False)
ONE = """
facts:
  - id: tern-battery
    entity: Tern
    aliases: [Tern One]
    statement: The Tern One runs for 14 hours on a charge.
    source_url: https://tern.example/battery
"""


def check(text: str, *, parent: str | None = None, base: FactBase = BASE) -> Claim:
    return base.check(text, parent=parent, now=NOW)


def labelled(split: str, file: str = "posts.jsonl") -> list[Labelled]:
    rows = [json.loads(line) for line in (DATA / file).read_text(encoding="utf-8").splitlines()]
    return [
        Labelled(row["id"], row["text"], Label(row["label"]), row["fact_id"], row.get("parent"))
        for row in rows
        if row["split"] == split
    ]


@pytest.mark.parametrize(
    "split",
    [
        "dev",
        "held",
        "fresh1",
        "fresh2",
        "fresh3",
        "fresh4",
        "fresh5",
        "fresh6",
        "fresh7",
        "fresh8",
        "fresh9",
        "fresh10",
        "fresh11",
    ],
)
def test_corrections_of_the_labelled_posts_are_nearly_always_due(split: str) -> None:
    report = evaluate(BASE, labelled(split), now=NOW)
    assert report.precision >= 0.94, str(report)
    assert report.recall >= 0.85, str(report)


SECOND_AUTHOR = FactBase.load(DATA / "facts_second_author.yml", trained=False)


@pytest.mark.parametrize("split", ["first", "second", "third", "fourth", "fifth", "sixth"])
def test_posts_by_another_author_are_judged_as_well(split: str) -> None:
    report = evaluate(SECOND_AUTHOR, labelled(split, "posts_second_author.jsonl"), now=NOW)
    assert report.precision >= 0.97, str(report)
    assert report.recall >= 0.85, str(report)
    assert report.wrongly_flagged <= 0.02, str(report)


@pytest.mark.parametrize(
    "text",
    [
        "The new café at Quillbank opened in 2019 and has a £5 monthly fee",
        "Quillbank's cafeteria is closed on Sundays",
        "The former Bramblecraft CEO Brian Holt wrote a book",
        "Outside Europe Northgale charges exit fees",
        "My dog sat on my Cindertide cream. An animal test of sorts",
        "The old Pebble earbuds only lasted 4 hours on a charge",
        "sonarel's earbuds play for 4 hours on a charge, Pebble earbuds way longer",
        '"Forgejay is closed source" said a rival on stage',
        "A poem: the Pebble plays 4 hours, then it sleeps on a single charge",
    ],
)
def test_another_subject_place_or_time_than_that_of_the_fact_is_never_corrected(text: str) -> None:
    assert check(text).label is not Label.CONTRADICTS


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Tern One is €120", Label.CONTRADICTS),
        ("€120 for a Tern One", Label.CONTRADICTS),
        ("Tern One is €20 off", Label.NONE),
        ("The dock for the Tern One costs €20", Label.NONE),
        ("vexel's price is €50 and the Tern One costs more", Label.NONE),
    ],
)
def test_a_bare_price_is_the_price_of_what_is_named(text: str, label: Label) -> None:
    base = FactBase.load(ONE.replace("runs for 14 hours on a charge", "costs €90"), trained=False)
    assert check(text, base=base).label is label


def test_a_day_off_contradicts_every_day_and_an_hour_does_not() -> None:
    base = FactBase.load(
        ONE.replace("The Tern One runs for 14 hours on a charge", "The Tern One is open every day"), trained=False
    )
    assert check("Tern One is closed on Mondays", base=base).label is Label.CONTRADICTS
    assert check("Tern One is open on Mondays", base=base).label is Label.AGREES
    assert check("Tern One closes at 6 on Mondays", base=base).label is not Label.CONTRADICTS


def test_a_price_for_each_user_is_compared_over_the_same_time() -> None:
    fact = ONE.replace("The Tern One runs for 14 hours on a charge", "The Tern One costs $12 per user per month")
    base = FactBase.load(fact, trained=False)
    assert check("Tern One costs $144 per user per year", base=base).label is Label.AGREES
    assert check("Tern One costs $200 per user per year", base=base).label is Label.CONTRADICTS


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("the pebble earbuds die after 5 hrs", "lumi-battery"),
        ("Pebble is only IPX4", "lumi-ip"),
        ("lumivox stuff is made in China", "lumi-made"),
        ("no android app for lumivox", "lumi-app"),
        ("Forgejay is closed source", "forge-license"),
        ("Quillbank phone support closes at 6pm", "quill-support"),
        ("moss and rye is open on sundays", "moss-sunday"),
        ("not all Cindertide products are vegan", "cinder-vegan"),
        ("hollow reef came out in 2021", "reef-release"),
        ("Northgale charges a £75 exit fee", "gale-exit"),
    ],
)
def test_a_false_claim_names_its_fact_its_place_and_a_reason(text: str, fact: str) -> None:
    claim = check(text)
    assert (claim.label, claim.fact_id) == (Label.CONTRADICTS, fact)
    start, end = claim.spans[0]
    assert text[start:end].strip()
    assert claim.reason.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "Do the Pebble earbuds die after 5 hours?",
        "I wish Pebble lasted only 5 hours, said no one ever",
        "If Lumivox were made in China it would be cheaper",
        "People keep saying Quillbank is owned by Barrowgate. It's not.",
        "Someone claimed Lumivox has no Android app. That's false.",
        "Unlike Lumivox, Sonarel makes its earbuds in China.",
        "Oh sure, Ternair wifi costs €8 and I'm the king of Norway /s",
        "The new Lumivox Boulder earbuds play for 5 hours on a single charge.",
    ],
)
def test_what_is_no_assertion_about_us_is_never_corrected(text: str) -> None:
    assert check(text).label is not Label.CONTRADICTS


def test_an_answer_takes_its_topic_from_the_post_it_answers() -> None:
    assert check("4 hours tops.", parent="How long does the Pebble last on one charge?").fact_id == "lumi-battery"
    assert check("They do, sadly.", parent="Does Cindertide test on animals?").label is Label.CONTRADICTS
    assert check("4 hours tops.").label is Label.NONE


def test_a_hedged_claim_is_unsure() -> None:
    assert check("maybe the pebble earbuds only play 6 hours on a charge?").label is not Label.CONTRADICTS
    assert check("I might be wrong but Lumivox is made in China").label is Label.UNSURE


def test_an_expired_fact_corrects_nobody() -> None:
    base = FactBase.load(ONE + "    valid_until: 2026-11-20\n", trained=False)
    assert check("Tern One only runs 5 hours on a charge", base=base).label is Label.UNSURE
    before = base.check("Tern One only runs 5 hours on a charge", now=datetime(2026, 11, 19, tzinfo=UTC))
    assert before.label is Label.CONTRADICTS


def test_an_unreviewed_fact_corrects_nobody_where_review_is_asked_for() -> None:
    text = "Tern One only runs 5 hours on a charge"
    policy = "policy: {review_days: 30}\n"
    assert check(text, base=FactBase.load(policy + ONE, trained=False)).label is Label.UNSURE
    fresh = FactBase.load(policy + ONE + "    reviewed_at: 2026-11-01\n", trained=False)
    stale = FactBase.load(policy + ONE + "    reviewed_at: 2026-08-01\n", trained=False)
    assert check(text, base=fresh).label is Label.CONTRADICTS
    assert check(text, base=stale).label is Label.UNSURE


def test_a_correction_thanks_cites_the_source_and_never_says_that_someone_is_wrong() -> None:
    claim = check("pebble earbuds die after 5 hrs")
    fact = BASE.facts["lumi-battery"]
    text = correction_text(fact, seed=claim.reason)
    assert "hank" in text
    assert fact.source_url in text
    assert fact.statement.rstrip(".") in text
    assert "wrong" not in text.lower()
    assert text == correction_text(fact, seed=claim.reason)


def test_a_mistake_in_a_fact_file_is_named_with_its_line_and_a_hint() -> None:
    with pytest.raises(FactsError) as error:
        FactBase.load(ONE + "    aliasses: [T1]\n  - {id: second, entity: Tern}\n", trained=False)
    first, *rest = str(error.value).splitlines()
    assert first == "facts:8 tern-battery: unknown field `aliasses` (did you mean `aliases`?)"
    assert "facts:9 second: `statement` is missing" in rest[0]


@pytest.mark.parametrize(
    "text",
    ["", "facts:", "facts: {}", "- a", "facts: [1]", "facts: [{id: [}", "\x00", "facts: [{id: a, statement: {b: c}}]"],
)
def test_a_file_that_holds_no_facts_is_a_named_problem_and_no_crash(text: str) -> None:
    with pytest.raises(FactsError, match="facts:1"):
        FactBase.load(text, trained=False)


@pytest.mark.parametrize(
    ("statement", "text", "reason"),
    [
        (
            "The Tern One charges over USB-C.",
            "The Tern One does not charge over USB-C",
            "The post says “The Tern One does not charge over USB-C”; the fact says “The Tern One charges over USB-C”.",
        ),
        (
            "All Tern lamps are made in Gdansk.",
            "Tern lamps are Chinese!",
            "The post says “Tern lamps are Chinese”; the fact says “All Tern lamps are made in Gdansk”.",
        ),
        (
            "Tern has never recalled a lamp.",
            "Tern has recalled a lamp, twice",
            "The post says “Tern has recalled a lamp”; the fact says “Tern has never recalled a lamp”.",
        ),
        (
            "The Tern One runs for 14 hours on a charge.",
            "The Tern One runs for 5 hours on a charge",
            "The post says “5 hours”; the fact says “14 hours”.",
        ),
    ],
)
def test_a_reason_shows_what_differs(statement: str, text: str, reason: str) -> None:
    file = ONE.replace("The Tern One runs for 14 hours on a charge.", statement)
    claim = check(text, base=FactBase.load(file, trained=False))
    assert (claim.label, claim.reason) == (Label.CONTRADICTS, reason)


def test_doubtful_posts_are_neither_correct_nor_neutral() -> None:
    wrong = "The Tern One runs for 5 hours on a charge"
    posts = [Labelled(label.value, wrong, label) for label in (Label.AGREES, Label.UNSURE)]
    posts.append(Labelled("weather", "What a nice day", Label.NONE))
    report = evaluate(FactBase.load(ONE, trained=False), posts, now=NOW)
    assert report.wrongly_flagged == 0.5


def test_facts_and_checks_fold_the_same_look_alikes() -> None:
    for sign in map(chr, LOOKALIKES):
        assert fold_for_facts(sign).text == fold_for_checks(sign), sign
    assert check("P\u1d07bble is only \u0131PX4").fact_id == "lumi-ip"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("policy: {review_days: ²}\nfacts: []", "facts:1: `policy` needs `review_days`, a number of days"),
        ("policy: {review_days: 0}\nfacts: []", "facts:1: `policy` needs `review_days`, a number of days"),
        (f"policy: {{review_days: {'9' * 5000}}}\nfacts: []", "facts:1: `policy` needs `review_days`"),
        (ONE + "    aliases: &own [*own]\n", "facts:8: `aliases` is nested too deeply; does it refer to itself?"),
        (ONE + "    tolerance: nan\n", "facts:8 tern-battery: `tolerance` is not a number"),
        (ONE + "    ? [a]\n    : b\n", "facts:8 tern-battery: unknown field `[…]`"),
        ("facts: &all [*all]", "facts:1: a fact is not a mapping"),
        ("[" * 2000, "facts:1: nested too deeply to be read"),
        ("facts: [\ud800]", "facts:1: not readable: unacceptable character"),
    ],
)
def test_what_nobody_writes_by_accident_is_a_named_problem_too(file: str, told: str) -> None:
    problems = [str(problem) for problem in load(file).problems]
    assert any(problem.startswith(told) for problem in problems), problems


def test_aliases_that_multiply_are_told_once_and_cost_little() -> None:
    lists = ["x0: &b0 [a, a, a, a, a, a, a, a, a]"]
    lists += [f"x{at}: &b{at} [" + ", ".join([f"*b{at - 1}"] * 9) + "]" for at in range(1, 9)]
    bombs = [f"  - {{id: a{at}, aliases: *b8}}" for at in range(40)]
    problems = [each for each in load("\n".join([*lists, "facts:", *bombs])).problems if "section" not in each.reason]
    assert problems[0].line == 9
    assert problems[0].reason == "`aliases` makes more than 1,000,000 values of the file"
    assert {problem.line for problem in problems} == {9, 11}


def test_facts_beyond_what_is_read_are_not_dropped_in_silence() -> None:
    told = str(load("facts: [" + "a," * 20_003 + "]").problems[-1])
    assert told == "facts:1: more than 20,000 facts; the 3 from here on are not read (divide them among several files)"


def test_every_mistake_of_a_second_fact_is_named_and_none_twice() -> None:
    again = "  - {id: tern-battery, entity: Tern, statement: It is blue., source_url: tern, not_this: [[a]]}\n"
    problems = list(map(str, load(ONE + again).problems))
    assert problems == [
        "facts:8 tern-battery: the id `tern-battery` is used twice (first on line 3; give each fact an id of its own)",
        "facts:8 tern-battery: `source_url` is not an http(s) link (begin it with https://)",
        "facts:8 tern-battery: `not_this` must be a list of texts (not_this: [one, two])",
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*"abc[]{}:,&*!?|>-# \n", "facts:", "- id: ", "&a ", "*a ", "policy: "])).map("".join))
def test_no_fact_file_makes_loading_crash(text: str) -> None:
    file = load(text)
    assert file.problems or file.facts or "facts:" in text


def test_sound_facts_still_load_beside_broken_ones() -> None:
    base = FactBase.load(ONE + "  - {id: second}\n", strict=False)
    assert list(base.facts) == ["tern-battery"]
    assert base.problems


def test_typed_fields_overrule_what_the_sentence_seems_to_say() -> None:
    text = "Tern One runs for 20 hours on a charge"
    assert check(text, base=FactBase.load(ONE, trained=False)).label is Label.CONTRADICTS
    assert check(text, base=FactBase.load(ONE + "    comparator: at_least\n", trained=False)).label is Label.AGREES
    assert check(text, base=FactBase.load(ONE + "    tolerance: 7\n", trained=False)).label is Label.AGREES


def test_typed_values_add_what_the_statement_does_not_spell_out() -> None:
    vague = ONE.replace("runs for 14 hours on a charge", "runs long on a charge")
    text = "Tern One runs for 3 hours on a charge"
    assert check(text, base=FactBase.load(vague, trained=False)).label is not Label.CONTRADICTS
    typed = vague + "    attribute: battery life\n    value: 14\n    unit: hours\n"
    assert check(text, base=FactBase.load(typed, trained=False)).label is Label.CONTRADICTS


def test_a_fact_of_one_region_corrects_nobody_elsewhere() -> None:
    base = FactBase.load(
        ONE.replace("runs for 14 hours on a charge", "costs 90 euros") + "    regions: [Germany]\n", trained=False
    )
    assert check("The Tern One costs 120 euros", base=base).label is Label.CONTRADICTS
    assert check("In Berlin the Tern One costs 120 euros", base=base).label is Label.CONTRADICTS
    assert check("In France the Tern One costs 120 euros", base=base).label is Label.NONE


def test_a_whole_that_the_value_is_part_of_does_not_contradict_it() -> None:
    based = ONE.replace("runs for 14 hours on a charge", "is made in Zellburg")
    text = "The Tern One is made in Austria"
    assert check(text, base=FactBase.load(based, trained=False)).label is Label.CONTRADICTS
    assert check(text, base=FactBase.load(based + "    part_of: [Austria]\n", trained=False)).label is Label.AGREES


def test_examples_that_facts_carry_are_run() -> None:
    examples = (
        "    misstatements: ['It runs for 5 hours on a charge', 'lovely colour']\n    not_this: ['Tern One is blue']\n"
    )
    base = FactBase.load(ONE + examples, trained=False)
    failed = [result.text for result in run_examples(base, now=NOW) if not result.passed]
    assert failed == ["lovely colour"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["", "Pebble ", "Quillbank charges ", "£", "<b>"]), st.text(max_size=60))
def test_no_text_makes_a_check_crash_and_spans_lie_inside_it(text: str, start: str, parent: str) -> None:
    for claim in BASE.check_all(start + text, parent=parent, now=NOW):
        assert all(0 <= first < last <= len(start + text) for first, last in claim.spans)


TRICKY = """
no never free only 9 0 £5 $ € % hours in by of made Oslo CEO is not isn't and , - 24/7 a ' IPX7 2019 half couple from
the age one unlimited Sundays zero 5k 1.5m 10-12 9am to 5pm March 14 2023 ? ! : ; ( ) " > per each month /mo owned
founded based on iOS Tern director next year lifetime 😂 °C km/h open weekdays until all most over at least
"""
WORDS = st.sampled_from(TRICKY.split())


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(st.text(min_size=1, max_size=80), st.lists(WORDS, max_size=14).map(" ".join)),
    st.lists(WORDS, max_size=14),
)
def test_no_statement_makes_a_fact_base_crash(statement: str, words: list[str]) -> None:
    fact = Fact("one", "Tern", statement, "https://tern.example")
    base = FactBase(FactFile((fact,), ()))
    for text in (statement, "Tern " + " ".join(words)):
        base.check_all(text, parent="Is Tern " + " ".join(words) + "?", now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "Pebble lasts 4 hours. " * 1800,
        "🙂" * 40_000,
        "Pebble " + "no " * 13_000,
        "<div>" * 8_000 + "Pebble",
        "Pe\u200bbble \u0435arbuds " * 2500,
        "Quillbank" + "9" * 40_000,
        "Pebble " + "1 " * 20_000,
        "&amp;" * 8_000,
        "a" * 40_000,
        "Pebble " + ", " * 20_000,
        "¿" * 40_000,
        "۱۲۳ Pebble " * 3_600,
    ],
    ids=str.__len__,
)
def test_a_monstrous_post_is_answered_in_time(text: str) -> None:
    started = time.process_time()
    check(text[:40_000])
    assert time.process_time() - started < 1.5


def test_look_alikes_invisible_characters_and_html_do_not_hide_a_claim() -> None:
    assert check("P\u0435bble is only <b>IP\u200bX4</b>").fact_id == "lumi-ip"
    claim = check("<p>The Pebble is rated&nbsp;IPX4</p>")
    start, end = claim.spans[0]
    assert "<p>The Pebble is rated&nbsp;IPX4</p>"[start:end] == "IPX4"


def test_a_thousand_facts_are_checked_in_milliseconds() -> None:
    lines = [
        f"  - {{id: f{number}, entity: Brand{number % 40}, aliases: [], source_url: 'https://a.example/{number}',"
        f" statement: 'Brand{number % 40} {topic} {number} {unit}.'}}"
        for number, (topic, unit) in enumerate(
            [("employs", "people"), ("costs", "euros a month"), ("runs for", "hours on a charge"), ("weighs", "grams")]
            * 250
        )
    ]
    base = FactBase.load("facts:\n" + "\n".join(lines), trained=False)
    times = []
    for number in range(200):
        started = time.process_time()
        check(f"Honestly Brand{number % 40} costs 9999 euros a month, and it weighs a lot", base=base)
        times.append(time.process_time() - started)
    assert sorted(times)[int(len(times) * 0.95)] < 0.03
