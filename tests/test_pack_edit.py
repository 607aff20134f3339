"""Writing examples into a pack, and telling two versions apart."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines import pack as packs
from guidelines.compare import difference
from guidelines.pack_edit import NewExample, next_version, with_examples

PACK = """# Ours. Ask Maria before you change it.
guidelines: 1
pack: harbour
version: "7"  # counted by hand
rules:
- id: rivals
  severity: block
  check: {phrases: [Kestrel]}   # only the one
  examples:
    fail:
    - Kestrel is junk.  # said in May
    - >-
      Kestrel
      again.

    # These are fine.
    pass:
    - "Ours is 'lighter'."   # really

# The next one is Ben's.
- id: shouting
  check: {phrases: [SHOUT]}
  examples: {fail: [SHOUT], pass: [quiet, soft]}
- id: bare
  check: {phrases: [bare]}
"""
LISTED = "- id: shouting\n  check: {phrases: [SHOUT]}\n  examples: {fail: [SHOUT], pass: [quiet, soft]}\n"


def examples_of(text: str, rule: str, *, should_pass: bool) -> list[str]:
    found = packs.load(text).rule(rule)
    return [example.text for example in (found.passing if should_pass else found.failing)]


def test_new_lines_are_put_in_and_no_other_is_touched() -> None:
    added = [NewExample("rivals", "We miss Kestrel: true", False), NewExample("rivals", "A kestrel.\nA bird.", True)]
    written = with_examples(PACK, added, version="8").splitlines()
    assert [line for line in written if line not in PACK.splitlines()] == [
        "version: '8'  # counted by hand",
        "    - 'We miss Kestrel: true'",
        '    - "A kestrel.\\nA bird."',
    ]
    assert [line for line in PACK.splitlines() if line not in written] == ['version: "7"  # counted by hand']
    assert written.index("    - 'We miss Kestrel: true'") == written.index("      again.") + 1


@pytest.mark.parametrize("rule", ["shouting", "bare"])
def test_lists_on_one_line_and_lists_that_are_missing_are_written_too_and_comments_stay(rule: str) -> None:
    written = with_examples(PACK, [NewExample(rule, "- odd: {one}", True)], version="8")
    assert examples_of(written, rule, should_pass=True)[-1] == "- odd: {one}"
    for comment in ("# Ours. Ask Maria", "# counted by hand", "# only the one", "# said in May", "# The next one is"):
        assert comment in written


def test_what_stands_there_already_and_unknown_rules_change_nothing() -> None:
    known = [NewExample("shouting", "quiet", True), NewExample("gone", "x", True)]
    assert with_examples(PACK, known, version="8") == PACK


def test_the_situation_stands_beside_the_text() -> None:
    example = NewExample("rivals", "Kestrel!", False, {"platform": "reddit", "mention": "", "identity": "brand"})
    written = with_examples(PACK, [example], version="8")
    assert "    - {text: Kestrel!, platform: reddit, identity: brand}\n" in written
    assert packs.load(written).rule("rivals").failing[-1].identity == "brand"


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable() or "\n" in text), st.booleans())
def test_any_text_comes_back_as_it_was(text: str, should_pass: bool) -> None:
    text = "".join(mark for mark in text if mark.isprintable() or mark == "\n") or "x"
    for pack in (PACK, PACK.replace(LISTED, "")):
        for rule in ("rivals", "bare"):
            written = with_examples(pack, [NewExample(rule, text, should_pass)], version="8")
            assert examples_of(written, rule, should_pass=should_pass)[-1] == text
            assert packs.load(written).version == "8"


def test_the_default_pack_takes_an_example_for_each_rule() -> None:
    text = packs.default().text
    added = [NewExample(rule.id, f"Nobody said this: {rule.id}", True) for rule in packs.default().rules]
    written = with_examples(text, added, version="9")
    assert len(written.splitlines()) == len(text.splitlines()) + len(added)
    for rule in packs.load(written).rules:
        assert rule.passing[-1].text == f"Nobody said this: {rule.id}"


@pytest.mark.parametrize(
    ("version", "following"),
    [
        ("2026-11-21.4", "2026-11-22.1"),
        ("2026-11-22.4", "2026-11-22.5"),
        ("2026-11-22.x", "2026-11-22.1"),
        ("7", "2026-11-22.1"),
        ("", "2026-11-22.1"),
    ],
)
def test_versions_count_within_the_day(version: str, following: str) -> None:
    assert next_version(version, date(2026, 11, 22)) == following


def test_the_difference_is_told_rule_by_rule() -> None:
    new = PACK.replace("severity: block", "severity: warn").replace("[Kestrel]", "[Kestrel, Brightwater]")
    new = new.replace(LISTED, "- id: fresh\n  check: {phrases: [f]}\n").replace("Kestrel is junk.  # said in May", "x")
    new = new.replace("    - >-\n      Kestrel\n      again.\n", "")
    found = difference(packs.load(PACK), packs.load(new.replace('"7"', '"8"')))
    assert list(found.lines()) == [
        "pack: version: 7 → 8",
        "new rule: fresh",
        "rule taken out: shouting",
        "rivals: severity: block → warn",
        "rivals: check.phrases: added Brightwater",
        "rivals: 1 example that must be found added",
        "rivals: 2 examples that must be found taken out",
    ]


def test_comments_and_layout_are_no_difference() -> None:
    assert not difference(packs.load(PACK), packs.load(PACK.replace("# only the one", "").replace("Ask Maria", "Ask")))
