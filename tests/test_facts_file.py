"""What a fact file may not hold: each mistake is named with its line and a way to mend it."""

from pathlib import Path

import pytest

from guidelines.claims.load import load
from guidelines.facts import FactBase, FactsError

FACT = "  - {id: run, entity: Tern, statement: The Tern runs for 14 hours., source_url: 'https://tern.example'"
SOUND = f"facts:\n{FACT}}}\n"


def problems(text: str) -> list[str]:
    return [str(problem) for problem in load(text).problems]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SOUND + SOUND.replace("run", "go"), "facts:3: the section `facts` stands there twice (first on line 1;"),
        ("facts:\n  - id: a\n    id: b\n", "facts:3 b: the field `id` stands there twice (first on line 2;"),
        (
            "policy: {review_days: 3, rewiev: 2}\n" + SOUND,
            "facts:1: unknown field `rewiev` of `policy` (known: review_",
        ),
        (f"facts:\n{FACT}, value: 8, values: [9]}}", "facts:2 run: `value` and `values` both stand there (keep one"),
        (f"facts:\n{FACT}, tolerance: -5}}", "facts:2 run: `tolerance` is below 0 (tolerance: 5)"),
        (f"facts:\n{FACT}, tolerance: a lot}}", "facts:2 run: `tolerance` is not a number (tolerance: 0.5)"),
        (
            SOUND.replace("tern.example", "tern.example/a b"),
            "facts:2 run: `source_url` holds a blank or a line break (",
        ),
        (
            SOUND.replace("'https://tern.example'", '"https://t.example\\nX: y"'),
            "facts:2 run: `source_url` holds a blank",
        ),
        (SOUND.replace("https", "ftp"), "facts:2 run: `source_url` is not an http(s) link (begin it with https://)"),
        (SOUND.replace("entity: Tern", "entity: '!!!'"), "facts:2 run: `entity` holds “!!!”, which no post can be"),
        (f"facts:\n{FACT}, aliases: [Tern One, ()]}}", "facts:2 run: `aliases` holds “()”, which no post can be"),
        (SOUND.replace("The Tern runs for 14 hours.", "'???'"), "facts:2 run: `statement` is no sentence (say what is"),
        (SOUND.replace("The Tern runs for 14 hours.", "42"), "facts:2 run: `statement` is no sentence (say what is"),
        (
            f"facts:\n{FACT}, aliases: {{a: [[b]]}}}}",
            "facts:2 run: `aliases` must be a list of texts (aliases: [one, t",
        ),
        ("facts:\n  - {id: \x00}", "facts:2: not readable: unacceptable character"),
    ],
)
def test_what_would_be_lost_or_misread_is_refused_with_its_line_and_a_hint(text: str, told: str) -> None:
    assert any(problem.startswith(told) for problem in problems(text)), problems(text)


@pytest.mark.parametrize(
    "written", ["2025-01-019", "2025-01-01T99:99garbage", "2025-W01-1", "20250101", "2025-02-30", "tomorrow"]
)
def test_what_only_begins_like_a_date_is_none(written: str) -> None:
    told = "facts:2 run: `valid_until` is not a date like 2026-11-21 (write year, month and day with hyphens)"
    assert problems(f"facts:\n{FACT}, valid_until: {written}}}") == [told]


@pytest.mark.parametrize("written", ["2025-01-01", "2025-01-01T10:00:00Z", "2025-01-01 10:00:00"])
def test_a_date_may_carry_a_time(written: str) -> None:
    file = load(f"facts:\n{FACT}, reviewed_at: '{written}'}}")
    assert (str(file.facts[0].reviewed_at), file.problems) == ("2025-01-01", ())


def test_a_fact_that_ends_before_it_begins_is_refused() -> None:
    told = problems(f"facts:\n{FACT}, valid_from: 2026-12-01, valid_until: 2025-01-01}}")
    assert len(told) == 1
    assert told[0].startswith("facts:2 run: `valid_until` lies before `valid_from` (it begins on 2026-12-01;")


@pytest.mark.parametrize("word", ["it", "The", "a", "I", "and", "IT"])
def test_a_word_of_nearly_every_post_is_no_name(word: str) -> None:
    told = f"`aliases` holds “{word}”, a word of nearly every post (write the name as people write it in full)"
    assert problems(f"facts:\n{FACT}, aliases: [Tern One, {word}]}}") == [f"facts:2 run: {told}"]


@pytest.mark.parametrize("name", ["X", "O2", "On", "The The", "3", "Go", "Orange", "Тern", "東京"])
def test_a_short_name_is_a_name(name: str) -> None:
    assert not problems(f"facts:\n{FACT}, aliases: ['{name}']}}".replace("entity: Tern", f"entity: '{name}'"))


def test_a_monstrous_id_is_refused_and_not_printed_whole() -> None:
    told = problems(SOUND.replace("run,", "x" * 5000 + ","))
    assert "`id` is longer than 100 characters (a short one is enough: tern-battery)" in told[0]
    assert len(told[0]) < 300


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "facts.yml"
    path.write_bytes(SOUND.replace("Tern,", "Café,").encode("latin-1"))
    with pytest.raises(FactsError) as error:
        FactBase.load(path)
    assert str(error.value) == f"{path}:2: not UTF-8 text (save the file as UTF-8)"
