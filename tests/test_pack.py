"""Guideline packs: what is read, what is refused, and how it is said."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import MentionKind
from guidelines.base import Candidate, Conflict, Judgement, Question, Severity, check
from guidelines.explain import as_text, explain
from guidelines.pack import Pack, PackError, default, load
from guidelines.pack_schema import MENTION_KINDS, IdentityScope, Scope, VenueScope
from guidelines.rule import RuleScope

HEAD = "guidelines: 1\npack: harbour\nversion: 2026-11-21.1\n"


def pack_of(rules: str, extra: str = "") -> Pack:
    return load(f"{HEAD}{extra}rules:\n{rules}")


def rules_found(text: str, pack: Pack, **circumstances: object) -> list[str]:
    return [finding.rule for finding in check(Candidate(text, **circumstances), pack).findings]  # type: ignore[arg-type]


def refusal(text: str) -> str:
    with pytest.raises(PackError) as caught:
        load(text)
    return str(caught.value)


RIVALS = "  - {id: rivals, severity: block, check: {phrases: {list: rivals}, near: {negative: true}}}\n"
LISTS = "lists: {rivals: [Kestrel, Bright Water]}\n"


def test_a_verdict_names_pack_version_and_the_hash_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "pack.yml"
    path.write_text(f"{HEAD}rules:\n  - {{id: a, check: {{phrases: [junk]}}}}\n")
    verdict = check(Candidate("fine"), load(path))
    assert (verdict.pack, verdict.version) == ("harbour", "2026-11-21.1")
    assert verdict.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_default_pack_blocks_an_advert_and_lets_an_answer_pass() -> None:
    assert check(Candidate("I work at Harbour. Order today and get 30% off!!"), default()).blocked
    assert not check(Candidate("I work at Harbour: it runs 14 hours."), default()).findings


def test_a_phrase_counts_only_near_a_negative_word_when_the_rule_says_so() -> None:
    pack = pack_of(RIVALS, LISTS)
    assert rules_found("Kestrel is junk", pack) == ["rivals"]
    assert rules_found("Kestrel's screen is bigger, ours is lighter.", pack) == []
    assert rules_found("Their screens are junk. Kestrel is fine.", pack) == []


def test_an_exception_covers_only_the_hit_it_overlaps() -> None:
    pack = pack_of("  - {id: a, check: {phrases: [Kestrel]}, except: [moving from Kestrel guide]}\n")
    assert rules_found("See the Moving from Kestrel guide", pack) == []
    assert rules_found("See the moving from Kestrel guide. Kestrel!", pack) == ["a"]


def test_scopes_switch_off_restrict_and_weigh_differently() -> None:
    pack = pack_of(
        "  - {id: a, severity: block, platforms: {all: block, linkedin: warn, x: 'off'}, check: {phrases: [junk]}}\n"
        "  - {id: b, platforms: [reddit], venues: [r/Cycling], check: {phrases: [junk]}}\n"
        "  - {id: c, check: {phrases: [junk], unless: {account: official}}}\n"
        "  - {id: d, when: {reply_to: [complaint, question]}, check: {phrases: [junk]}}\n"
    )
    assert check(Candidate("junk", "linkedin"), pack).findings[0].severity is Severity.WARN
    assert rules_found("junk", pack, platform="x") == ["c"]
    assert rules_found("junk", pack, platform="reddit", venue="/r/cycling", identity="brand") == ["a", "b"]
    assert rules_found("junk", pack, mention_kind="complaint", platform="x") == ["c", "d"]


@pytest.mark.parametrize("written", ["r/bikes", "/r/Bikes/", "bikes", "BIKES"])
@pytest.mark.parametrize("asked", ["r/bikes", "/r/bikes", "Bikes"])
def test_a_venue_is_the_same_however_it_is_written(written: str, asked: str) -> None:
    only = pack_of(f"  - {{id: a, severity: block, venues: [{written}], check: {{phrases: [junk]}}}}\n")
    assert rules_found("junk", only, venue=asked) == ["a"]
    assert rules_found("junk", only, venue="r/cars") == []
    without = pack_of(f"  - {{id: a, venues: {{{written}: 'off'}}, check: {{phrases: [junk]}}}}\n")
    assert rules_found("junk", without, venue=asked) == []
    assert rules_found("junk", without, venue="r/cars") == ["a"]
    when = pack_of(f"  - {{id: a, when: {{venue: {written}}}, check: {{phrases: [junk]}}}}\n")
    assert rules_found("junk", when, venue=asked) == ["a"]


@pytest.mark.parametrize("name", ["personal", "employee", "Personal"])
def test_an_identity_is_the_same_in_either_way_of_saying_it(name: str) -> None:
    pack = pack_of(f"  - {{id: a, identities: {{{name}: 'off'}}, check: {{phrases: [junk]}}}}\n")
    assert rules_found("junk", pack, identity="employee") == []
    assert rules_found("junk", pack, identity="brand") == ["a"]


def test_kinds_of_mention_platforms_and_languages_are_compared_without_case() -> None:
    pack = pack_of(
        "  - {id: a, when: {reply_to: False claim}, check: {phrases: [junk]}}\n"
        "  - {id: b, when: {platform: Mastodon, language: DE}, check: {phrases: [junk]}}\n"
        "  - {id: c, languages: PT-br, check: {phrases: [junk]}}\n"
    )
    assert rules_found("junk", pack, mention_kind="false_claim", language="en") == ["a"]
    assert rules_found("junk", pack, platform="mastodon", language="de-AT") == ["b"]
    assert rules_found("junk", pack, language="pt") == ["c"]


BLOCK, WARN, INFO = Severity.BLOCK, Severity.WARN, Severity.INFO


@pytest.mark.parametrize(
    ("scopes", "severity"),
    [
        ("severity: block, venues: {bikes: warn}", WARN),
        ("venues: {bikes: block}, identities: {employee: warn}", BLOCK),
        ("venues: {bikes: warn}, identities: {employee: block}", BLOCK),
        ("platforms: {all: block}, venues: {bikes: info}", INFO),
        ("platforms: {all: info}, identities: {all: warn}, severity: block", WARN),
        ("platforms: {x: block}, venues: {bikes: 'off'}", None),
        ("platforms: {all: 'off', x: info}, venues: {all: block}", INFO),
        ("platforms: {all: 'off', reddit: block}, venues: {bikes: block}", None),
        ("venues: [cars], identities: {employee: block}", None),
    ],
)
def test_off_ends_it_a_name_beats_all_and_of_several_names_the_strictest_counts(
    scopes: str, severity: Severity | None
) -> None:
    pack = pack_of(f"  - {{id: a, {scopes}, check: {{phrases: [junk]}}}}\n")
    findings = check(Candidate("junk", "x", "r/bikes"), pack).findings
    assert [finding.severity for finding in findings] == ([severity] if severity else [])


SEVERITIES = st.sampled_from([*Severity, None])


@given(SEVERITIES, SEVERITIES, SEVERITIES)
def test_no_exemption_weakens_what_another_scope_demands(
    platform: Severity | None, venue: Severity | None, identity: Severity | None
) -> None:
    scope = RuleScope(
        WARN,
        Scope.model_validate({"x": platform} if platform else {}),
        VenueScope.model_validate({"r/bikes": venue} if venue else {}),
        IdentityScope.model_validate({"personal": identity} if identity else {}),
    )
    demanded = [each for each in (platform, venue, identity) if each]
    gravest = min(demanded, key=list(Severity).index, default=WARN)
    assert scope.effect(Candidate("", "X", "bikes")) is gravest


def test_kinds_of_mention_are_those_of_triage() -> None:
    assert set(MENTION_KINDS) == set(MentionKind)


def test_phrases_match_whole_words_any_white_space_and_open_endings() -> None:
    pack = pack_of('  - {id: a, check: {phrases: ["guarante*", bright water]}}\n')
    assert rules_found("We guaranteed it", pack) == ["a"]
    assert rules_found("Bright\n  water is nice", pack) == ["a"]
    assert rules_found("brighter water", pack) == []


@pytest.mark.parametrize(
    "text", ["K\u0435str\u0435l", "Ｋｅｓｔｒｅｌ", "Kes\u200btrel", "K<b></b>estrel", "K&#101;strel", "𝐊𝐞𝐬𝐭𝐫𝐞𝐥"]
)
def test_look_alike_letters_do_not_hide_a_phrase_and_the_span_is_in_the_original(text: str) -> None:
    pack = pack_of("  - {id: a, check: {phrases: [kestrel]}}\n")
    whole = f"é {text}!"
    (finding,) = check(Candidate(whole), pack).findings
    assert finding.span is not None
    assert whole[slice(*finding.span)] == text


def test_accented_phrases_and_patterns_match_accented_text() -> None:
    pack = pack_of("  - {id: a, check: {phrases: [café]}}\n  - {id: b, check: {pattern: '\\bcafé\\b'}}\n")
    assert rules_found("un café ici", pack) == ["a", "b"]


def test_a_pattern_that_runs_wild_is_a_visible_skip_and_blocks_where_the_rule_would_block() -> None:
    pack = pack_of(
        "  - {id: wild, check: {pattern: '(a|aa)+$'}}\n  - {id: grave, severity: block, check: {pattern: '(a|aa)+$'}}\n"
    )
    verdict = check(Candidate("a" * 3000 + "!"), pack)
    assert [finding.rule for finding in verdict.findings] == ["grave"]
    assert verdict.blocked
    assert len(verdict.skipped) == 2
    assert "pack:5 wild: the pattern '(a|aa)+$' took longer than 0.05 s" in verdict.skipped


def test_a_broken_rule_is_reported_with_file_line_and_hint_and_the_others_still_run() -> None:
    pack = pack_of("  - {id: a, check: {phrases: [junk]}}\n  - id: b\n    check:\n      phrase: [junk]\n")
    verdict = check(Candidate("junk"), pack)
    assert [finding.rule for finding in verdict.findings] == ["a"]
    assert verdict.skipped == ("pack:8 b: unknown check 'phrase' (did you mean 'phrases'?)",)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{id: a, severity: block, chek: {phrases: [x]}}", "unknown key 'chek' (did you mean 'check'?)"),
        ("{id: a, severity: block, check: {phrases: {list: rival}}}", "there is no list 'rival'"),
        ("{id: a, severity: block, check: {pattern: '(x'}}", "is not valid"),
        ("{id: a, severity: block, check: {max_chars: many}}", "max_chars"),
        ("{id: a, severity: block, check: {hard_sell: {max: 2}}}", "unknown key 'max' (known: max_score)"),
        ("{id: a, severity: blok, check: {phrases: [x]}}", "severity"),
        ("{id: A B, severity: block, check: {phrases: [x]}}", "id"),
        ("{id: a, severity: block}", "checks nothing"),
        ("{id: a, severity: block, check: {phrases: []}}", "no phrase is given"),
        ("{id: a, severity: block, when: {acount: brand}, check: {phrases: [x]}}", "unknown key 'acount'"),
        ("{id: a, severity: block, unless: {account: boss}, check: {phrases: [x]}}", "'boss' is no account"),
        ("{id: a, platforms: {x: block}, check: {phrase: [x]}}", "unknown check 'phrase'"),
        ("just text", "rule 1"),
        ("{id: a, severity: block, when: {kind: praise}, check: {phrases: [x]}}", "(did you mean 'reply_to'?)"),
        ("{id: a, identities: {brand: blok}, severity: block, check: {phrases: [x]}}", "pack:5 a: identities.brand: "),
        ("{id: a, identities: {brnd: block}, check: {phrases: [x]}}", "'brnd' is no account (did you mean 'brand'?)"),
        ("{id: a, identities: [boss], severity: block, check: {phrases: [x]}}", "known: official, brand, personal"),
        (
            "{id: a, severity: block, unless: {reply_to: comparison}, check: {phrases: [x]}}",
            "'comparison' is no kind of mention (known: question, complaint,",
        ),
        ("{id: a, severity: block, when: {reply_to: complant}, check: {phrases: [x]}}", "(did you mean 'complaint'?)"),
        ("{id: a, venues: {r/b: block, b: warn}, check: {phrases: [x]}}", "'b' stands there twice"),
        (
            "{id: a, severity: block, check: {phrases: [x]}, examples: {fail: [{text: x, kind: praise}]}}",
            "unknown key 'kind' (did you mean 'mention_kind'?)",
        ),
        (
            "{id: a, severity: block, check: {phrases: [x]}, examples: {fail: [{text: x, mention_kind: rant}]}}",
            "examples.fail.0.mention_kind: 'rant' is no kind of mention",
        ),
        ("{id: a, severity: block, check: {pii: {find: [mail]}}}", "pii: find.0: must be 'email', 'phone'"),
        ("{id: a, severity: block, check: {max_links: -1}}", "must be greater than or equal to 0"),
        ("{id: a, severity: block, languages: [klingon], check: {phrases: [x]}}", "'klingon' is no language"),
        ("{id: a, severity: block, when: {language: german}, check: {phrases: [x]}}", "'german' is no language"),
        ("{id: a, severity: block, check: {phrases: [x, '*']}}", "the phrase '*' holds no word"),
        ("just text", "pack:5 rule 1: a rule must be keys with values"),
        ("{id: A B, severity: block, check: {phrases: [x]}}", "id: must be a name of small letters, digits, - and _"),
        (
            "{id: a, severity: block, check: {phrases: [x]}, examples: {fail: [{Note: a yak}]}}",
            "examples.fail.0: a text with a colon needs quotes: 'Note: a yak'",
        ),
        ("{id: a, severity: block, check: {max_emoji: {x: '3'}}}", "max_emoji: x: must be a whole number"),
    ],
)
def test_a_broken_blocking_rule_makes_the_pack_unusable(rule: str, said: str) -> None:
    assert said in refusal(f"{HEAD}rules:\n  - {rule}\n")


@pytest.mark.parametrize("rule", ["identities: {brand: blok}", "check: {max_chars: {x: many}}", "near: {within: no}"])
def test_no_inner_name_of_ours_is_shown_to_an_author(rule: str) -> None:
    rest = "" if rule.startswith("check") else ", check: {phrases: [x]}"
    said = refusal(f"{HEAD}rules:\n  - {{id: a, severity: block, {rule}{rest}}}\n")
    assert not re.search(r"enum|Severity|effects|per_platform|Input|\[", said), said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [\n", "not valid YAML"),
        ("- 1\n- 2\n", "a pack is a mapping"),
        (f"{HEAD}rules: []\n", "`rules` must be a list"),
        (f"{HEAD}rulez: []\n", "unknown key 'rulez' (did you mean 'rules'?)"),
        (HEAD.replace("1", "7", 1) + "rules: [{id: a, check: {phrases: [x]}}]\n", "pack:1 pack"),
        (f"{HEAD}pack: twice\nrules: []\n", "pack:4 pack: not valid YAML"),
        ("guidelines: 1\npack: a\nrules: [{id: a, check: {phrases: [x]}}]\n", "the key 'version' is missing"),
    ],
)
def test_an_unreadable_pack_says_where_and_why(text: str, said: str) -> None:
    assert said in refusal(text)


def test_all_problems_are_listed_at_once() -> None:
    rules = "  - {id: a, severity: block, check: {nope: 1}}\n  - {id: b, severity: block, chek: 1}\n"
    with pytest.raises(PackError) as caught:
        load(f"{HEAD}rules:\n{rules}")
    assert [problem.line for problem in caught.value.problems] == [5, 6, 6][: len(caught.value.problems)]
    assert {problem.rule for problem in caught.value.problems} == {"a", "b"}


def test_ids_must_be_unique_and_a_missing_file_is_a_pack_error(tmp_path: Path) -> None:
    twice = "  - {id: a, severity: block, check: {phrases: [x]}}\n" * 2
    assert "is used twice" in refusal(f"{HEAD}rules:\n{twice}")
    with pytest.raises(PackError, match="No such file"):
        load(tmp_path / "none.yml")
    (tmp_path / "bytes.yml").write_bytes(b"guidelines: 1\npack: \xff\n")
    with pytest.raises(PackError, match=r"bytes\.yml:2 pack: not UTF-8"):
        load(tmp_path / "bytes.yml")


def test_aliases_that_multiply_do_not_eat_the_machine() -> None:
    bomb = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9) if n else 'a'}]\n" for n in range(12))
    assert "pack" in refusal(f"{HEAD}lists:\n" + "".join(f"  {line}\n" for line in bomb.splitlines()) + "rules: [1]\n")


def test_modifiers_may_stand_inside_the_check_but_not_twice() -> None:
    assert rules_found("junk", pack_of("  - {id: a, check: {phrases: [junk], unless: {account: personal}}}\n")) == []
    rule = "{id: a, severity: block, unless: {account: brand}, check: {phrases: [x], unless: {account: brand}}}"
    assert "keep one" in refusal(f"{HEAD}rules:\n  - {rule}\n")


def test_the_pack_may_name_the_company() -> None:
    pack = pack_of("  - {id: who, check: {disclosure: {always: true}}}\n", "company: Harbour\n")
    assert rules_found("I work at Harbour, it runs 14 hours.", pack) == []
    assert rules_found("I work at Kestrel, it runs 14 hours.", pack) == ["who"]


JUDGED = (
    "  - id: no-promise\n    severity: block\n    judge: Does it promise?\n"
    "    without_model: {nearest_example: 0.75, else: ask_human}\n"
    "    examples: {fail: [It will be fixed by Friday.], pass: [We are looking into it.]}\n"
)


def judged(text: str, answer: Judgement | None) -> list[tuple[str, Severity]]:
    asked: list[Question] = []

    def judge(question: Question) -> Judgement | None:
        asked.append(question)
        return answer

    findings = check(Candidate(text), pack_of(JUDGED), judge=judge).findings
    assert asked[0].question == "Does it promise?"
    return [(finding.rule, finding.severity) for finding in findings]


def test_a_judgement_counts_only_with_a_literal_quote() -> None:
    assert judged("Back on Monday.", Judgement(True, "Monday")) == [("no-promise", Severity.BLOCK)]
    assert judged("Back on Monday.", Judgement(True, "Tuesday")) == [("no-promise", Severity.WARN)]
    assert judged("Back on Monday.", Judgement(False)) == []


def test_without_a_model_a_judged_rule_never_passes_silently() -> None:
    pack = pack_of(JUDGED)
    assert check(Candidate("It will be fixed by Friday!"), pack).blocked
    assert not check(Candidate("We are looking into it"), pack).findings
    (finding,) = check(Candidate("Something else entirely."), pack).findings
    assert (finding.severity, finding.why) == (Severity.WARN, "Please judge this yourself: Does it promise?")


@pytest.mark.parametrize(
    ("otherwise", "severity", "why"),
    [
        ("ask_human", WARN, "Please judge this yourself: Does it promise?"),
        ("warn", WARN, "No model could answer: Does it promise?"),
        ("block", BLOCK, "No model could answer: Does it promise?"),
    ],
)
def test_the_ends_of_a_judged_rule_tell_themselves_apart(otherwise: str, severity: Severity, why: str) -> None:
    pack = pack_of(JUDGED.replace("ask_human", otherwise))
    (finding,) = check(Candidate("Something else entirely."), pack).findings
    assert (finding.severity, finding.why) == (severity, why)


def test_what_a_rule_asks_for_is_a_reason_and_no_advice() -> None:
    phrases = "['^MQ', 'team*', c, d, e]"
    pack = pack_of(f"  - {{id: a, fix: Sign it., check: {{require_any: {phrases}}}}}\n")
    (finding,) = check(Candidate("hm"), pack).findings
    assert (finding.why, finding.fix) == ("Says none of “^MQ”, “team”, “c”, “d” or 1 more.", "Sign it.")
    (alone,) = check(Candidate("hm"), pack_of("  - {id: a, check: {require_any: '^MQ'}}\n")).findings
    assert (alone.why, alone.fix) == ("Does not say “^MQ”.", "")


def test_facts_are_asked_of_the_host_and_abstain_without_one() -> None:
    pack = pack_of("  - {id: facts, severity: block, check: {facts: consistent}}\n")
    text = "Founded in “2015”"
    assert not check(Candidate(text), pack).findings
    (finding,) = check(Candidate(text), pack, facts=lambda said: [Conflict((12, 16), f"not in {said[:7]}")]).findings
    assert finding.span == (12, 16)


def test_a_rule_about_facts_is_explained_as_asked_only_where_facts_are_given() -> None:
    pack = pack_of(
        "  - {id: facts, severity: block, check: {facts: consistent}}\n  - {id: b, check: {phrases: [junk]}}\n"
    )
    candidate = Candidate("Founded in 2015")
    unasked, fine = explain(candidate, pack).stories
    assert (unasked.applies, unasked.why_not, fine.applies) == (False, "no facts were given", True)
    content, _ = explain(candidate, pack, facts=lambda _: ()).stories
    assert (content.applies, content.findings) == (True, ())
    told = explain(candidate, pack, facts=lambda _: [Conflict((11, 15), "It was 2009.")])
    assert told.stories[0].findings[0].why == "It was 2009."
    assert "“2015” It was 2009." in as_text(told, candidate.text)


def test_a_text_that_is_too_long_to_read_is_never_called_fine() -> None:
    verdict = check(Candidate("ok " * 20_000), pack_of("  - {id: a, check: {phrases: [junk]}}\n"))
    assert verdict.blocked
    assert verdict.findings[0].rule == "unread"
