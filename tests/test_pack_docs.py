"""The two formats that managers write are told whole: a key or a check that is not in its README fails here."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from guidelines import facts, pack, pack_schema
from guidelines.checks.registry import KINDS
from guidelines.claims.load import load as load_facts
from guidelines.claims.record import Fact
from guidelines.lint import lint
from guidelines.pack_source import keys_of
from guidelines.testing import as_text, run_examples

GUIDELINES = Path(pack.__file__).parent
PACKS = (GUIDELINES / "packs" / "README.md").read_text("utf-8")
FACTS = (GUIDELINES / "claims" / "README.md").read_text("utf-8")
INNER = {"per_platform", "mode"}
"""Options that a short form stands for: nobody writes them."""


def section(title: str, text: str = PACKS) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def row(kind: str) -> list[str]:
    [found] = [line for line in section("Checks").splitlines() if line.startswith(f"| `{kind}` |")]
    return re.split(r"(?<!\\) \| ", found.strip("| "))


def blocks(text: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_has_a_row_with_its_options_and_an_example_that_loads(kind: str) -> None:
    _, about, options, example = row(kind)
    assert about
    assert [key for key in keys_of(KINDS[kind].options) if key not in INNER and f"`{key}" not in options] == []
    lists = "lists: {rivals: [Beamster]}\n"
    read = pack.load(f"guidelines: 1\npack: p\nversion: 1\n{lists}rules:\n  - {{id: a, check: {example.strip('`')}}}\n")
    assert read.problems == ()
    assert read.rules[0].kinds == (kind,)


def test_no_check_is_told_that_does_not_exist() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("Checks"), re.MULTILINE)
    assert told == list(KINDS)


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("The pack", pack_schema.PackText),
        ("The pack", pack_schema.Defaults),
        ("A rule", pack_schema.RuleText),
        ("A rule", pack_schema.Near),
        ("Circumstances", pack_schema.Condition),
        ("Questions for a model", pack_schema.WithoutModel),
        ("Examples", pack_schema.Example),
        ("Examples", pack_schema.Examples),
    ],
)
def test_every_key_of_a_pack_is_told(title: str, model: type[pack_schema.Header]) -> None:
    told = re.findall(r"`([a-z_]+)(?=[`:])", section(title))
    assert [key for key in keys_of(model) if key not in told] == []


def test_every_word_that_a_key_may_hold_is_told() -> None:
    words = (*pack_schema.MENTION_KINDS, *pack_schema.ACCOUNTS, "block", "warn", "info", "off", "all", "ask_human")
    assert [word for word in words if f"`{word}`" not in PACKS] == []


def test_the_pack_that_is_shown_is_a_good_one() -> None:
    shown = pack.load(blocks(PACKS)[0])
    outcome = run_examples(shown, platforms={"linkedin"})
    assert outcome.passes(strict=True), as_text(outcome, strict=True)
    assert lint(shown, platforms={"linkedin"}) == []


@pytest.mark.parametrize("shown", blocks(PACKS)[1:])
def test_every_other_piece_of_yaml_stands_in_a_rule(shown: str) -> None:
    written = YAML(typ="safe").load(shown)
    head = "guidelines: 1\npack: p\nversion: 1\nrules:\n  - id: a\n    check: {phrases: [x]}\n"
    read = pack.load(head + "".join(f"    {line}\n" for line in shown.splitlines()))
    assert read.problems == ()
    assert written


def test_every_key_of_a_fact_is_told() -> None:
    keys = {field.name for field in fields(Fact)} - {"line"} | {"value", "policy", "review_days", "facts"}
    told = re.findall(r"`([a-z_]+)(?=[`:])", FACTS)
    assert sorted(key for key in keys if key not in told) == []


@pytest.mark.parametrize("shown", blocks(FACTS))
def test_every_fact_file_that_is_shown_is_read_without_a_remark(shown: str) -> None:
    read = load_facts(shown)
    assert read.problems == ()
    assert read.facts


def test_the_facts_that_are_shown_can_be_loaded() -> None:
    assert facts.FactBase.load(blocks(FACTS)[0]).facts
