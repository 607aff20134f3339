"""Guideline packs: what is read, what is refused, and how it is said."""

import hashlib
from pathlib import Path

import pytest

from guidelines.base import Candidate, Severity, check
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
