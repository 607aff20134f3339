"""Guideline packs: what is read, what is refused, and how it is said."""

import hashlib
from pathlib import Path

import pytest

from guidelines.base import Candidate, Conflict, Judgement, Question, Severity, check
from guidelines.pack import Pack, PackError, default, load

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
    assert rules_found("junk", pack, platform="reddit", venue="/r/cycling", identity="brand") == ["a"]
    assert rules_found("junk", pack, mention_kind="complaint", platform="x") == ["c", "d"]


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
    ],
)
def test_a_broken_blocking_rule_makes_the_pack_unusable(rule: str, said: str) -> None:
    assert said in refusal(f"{HEAD}rules:\n  - {rule}\n")


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


def test_facts_are_asked_of_the_host_and_abstain_without_one() -> None:
    pack = pack_of("  - {id: facts, severity: block, check: {facts: consistent}}\n")
    text = "Founded in “2015”"
    assert not check(Candidate(text), pack).findings
    (finding,) = check(Candidate(text), pack, facts=lambda said: [Conflict((12, 16), f"not in {said[:7]}")]).findings
    assert finding.span == (12, 16)


def test_a_text_that_is_too_long_to_read_is_never_called_fine() -> None:
    verdict = check(Candidate("ok " * 20_000), pack_of("  - {id: a, check: {phrases: [junk]}}\n"))
    assert verdict.blocked
    assert verdict.findings[0].rule == "unread"
