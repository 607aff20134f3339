"""A guideline pack: read from YAML, validated with file and line, compiled once, and known by its hash."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap

from guidelines.base import Candidate, FactCheck, Finding, Judge, Severity, Verdict
from guidelines.checks.pattern import limited_together
from guidelines.pack_schema import Header, PackText
from guidelines.pack_source import PackError, Problem, line_of, parse, plain, validation_problems
from guidelines.reading import Reading
from guidelines.rule import Rule
from guidelines.rule_reader import RuleReader
from guidelines.run import run

__all__ = ["Pack", "PackError", "Problem", "default", "load"]

DEFAULT_PACK: Final = "default.yml"
_MEND: Final = "Ask whoever keeps the guidelines to mend the rule; until then no text is allowed."


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack ready to check with. `problems` are its broken rules; they do not run.

    Where one of them would have forbidden posting, nothing is allowed until it is mended.
    """

    name: str
    version: str
    sha256: str
    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...] = ()
    file: str = ""
    owner: str = ""
    company: tuple[str, ...] = ()
    text: str = ""

    def verdict(
        self, candidate: Candidate, *, facts: FactCheck | None = None, judge: Judge | None = None, trained: bool = True
    ) -> Verdict:
        """Run every rule that holds for `candidate`; the gravest findings come first."""
        if self.company:
            candidate = replace(candidate, company=tuple(dict.fromkeys((*self.company, *candidate.company))))
        with limited_together():
            findings, skipped = run(self.rules, Reading(candidate, facts, trained=trained), judge, self.file)
        skipped = (*map(str, self.problems), *skipped)
        return Verdict(self.name, self.version, self.sha256, (*self._broken(), *findings), skipped)

    def _broken(self) -> Iterator[Finding]:
        """Yield a block for each broken rule that might have forbidden the text: nobody can tell any more."""
        reasons: dict[str, list[str]] = {}
        for problem in self.problems:
            if problem.blocking:
                reasons.setdefault(problem.rule, []).append(problem.said)
        for rule, said in reasons.items():
            why = f"This rule is broken and could not be checked: {'; '.join(said)}."
            yield Finding(rule, Severity.BLOCK, why, _MEND, None, rule)

    def rule(self, identifier: str) -> Rule:
        """Return the rule with this id; raises `KeyError`."""
        for rule in self.rules:
            if rule.id == identifier:
                return rule
        raise KeyError(identifier)


def load(source: Path | str, *, strict: bool = True) -> Pack:
    """Read a pack from a file, or from its text when `source` is a string of several lines.

    Raises `PackError` with every problem when the pack is unreadable or, unless `strict` is off, a blocking rule is
    broken: such a pack must not be put in force. Other broken rules are left out and listed in `Pack.problems`.
    """
    if isinstance(source, str) and "\n" in source:
        return _build(source.encode(), "pack", strict=strict)
    path = Path(source)
    try:
        return _build(path.read_bytes(), str(path), strict=strict)
    except OSError as error:
        raise PackError([Problem(str(path), 1, "pack", error.strerror or "cannot be read")]) from error


@lru_cache(maxsize=1)
def default() -> Pack:
    """Return the pack that ships with Chorus."""
    shipped = resources.files("guidelines.packs").joinpath(DEFAULT_PACK)
    return _build(shipped.read_bytes(), f"guidelines/packs/{DEFAULT_PACK}")


def _build(content: bytes, file: str, *, strict: bool = True) -> Pack:
    text = _decoded(content, file)
    tree = parse(text, file)
    header = _header(tree, file)
    reader = RuleReader(file, header)
    rules = tuple(reader.read(tree["rules"]))
    if strict and any(problem.blocking for problem in reader.problems):
        raise PackError(reader.problems)
    sha256 = hashlib.sha256(content).hexdigest()
    return Pack(
        header.pack, header.version, sha256, rules, tuple(reader.problems), file, header.owner, header.company, text
    )


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PackError([Problem(file, line, "pack", "not UTF-8 text")]) from error


def _header(tree: CommentedMap, file: str) -> Header:
    problems: list[Problem] = []
    if not isinstance(tree.get("rules"), list) or not tree["rules"]:
        problems.append(Problem(file, line_of(tree, ["rules"]), "pack", "`rules` must be a list of at least one rule"))
    try:
        header = Header.model_validate(plain({key: tree[key] for key in tree if key != "rules"}))
    except ValidationError as error:
        problems.extend(validation_problems(error, tree, file, "pack", PackText))
    except ValueError as error:
        problems.append(Problem(file, 1, "pack", str(error)))
    if problems:
        raise PackError(problems)
    return header
