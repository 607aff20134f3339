"""Turns the rules of a parsed pack into compiled rules, one by one, so that a broken one leaves the others alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from guidelines.base import Severity
from guidelines.checks.contract import Check, OptionError
from guidelines.checks.phrases import phrase_pattern
from guidelines.checks.registry import KINDS
from guidelines.checks.weighing import weighed
from guidelines.pack_schema import MODIFIERS, Condition, Header, IdentityScope, Near, RuleText
from guidelines.pack_source import Problem, did_you_mean, line_of, plain, validation_problems
from guidelines.rule import Rule, RuleScope, Vicinity, vicinity


@dataclass(slots=True)
class RuleReader:
    """Reads the rules of one pack and collects what is wrong with them."""

    file: str
    header: Header
    problems: list[Problem] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def read(self, nodes: list[Any]) -> Iterator[Rule]:
        """Yield the rules that are whole."""
        for position, node in enumerate(nodes):
            line = line_of(nodes, [position])
            rule = _Reading(self.file, self.header, node, line, position).rule(self.problems)
            if rule is None:
                continue
            if rule.id in self._seen:
                reason = f"the id '{rule.id}' is used twice"
                self.problems.append(Problem(self.file, line, rule.id, reason, blocking=rule.scope.may_block))
            else:
                self._seen.add(rule.id)
                yield rule


class _Reading:
    """One rule on its way from YAML to `Rule`."""

    def __init__(self, file: str, header: Header, node: Any, line: int, position: int) -> None:
        self._file, self._header, self._node, self._line = file, header, node, line
        named = node.get("id") if isinstance(node, dict) else None
        self._name = str(named or f"rule {position + 1}")

    def rule(self, problems: list[Problem]) -> Rule | None:
        """Return the rule, or nothing and say why in `problems`."""
        try:
            text = RuleText.model_validate(_hoisted(plain(self._node)))
        except ValidationError as error:
            problems.extend(self._problems_of(error))
            return None
        except ValueError as error:
            problems.append(self._problem(str(error)))
            return None
        checks, broken = self._checks(text)
        problems.extend(broken)
        return None if broken else self._compiled(text, checks)

    def _problems_of(self, error: ValidationError) -> list[Problem]:
        if not isinstance(self._node, dict):
            return [self._problem("a rule must be keys with values, such as {id: no-junk, check: {phrases: [junk]}}")]
        return validation_problems(error, self._node, self._file, self._name, RuleText, blocking=self._would_block())

    def _would_block(self) -> bool:
        """Whether the rule would forbid posting, guessed from the raw text; a doubtful severity counts as blocking."""
        if not isinstance(self._node, dict):
            return True
        written = str(self._node.get("severity", self._header.defaults.severity.value)).strip().lower()
        scoped = str([self._node.get(key) for key in ("platforms", "venues", "identities")]).lower()
        return written not in (Severity.WARN.value, Severity.INFO.value) or "block" in scoped

    def _problem(self, reason: str, hint: str = "", line: int | None = None) -> Problem:
        return Problem(self._file, line or self._line, self._name, reason, hint, self._would_block())

    def _checks(self, text: RuleText) -> tuple[list[Check], list[Problem]]:
        checks: list[Check] = []
        broken: list[Problem] = []
        for key, value in (text.check or {}).items():
            line = line_of(self._node, ["check", key])
            kind = KINDS.get(key)
            if kind is None:
                broken.append(self._problem(f"unknown check '{key}'", did_you_mean(key, (*KINDS, *MODIFIERS)), line))
                continue
            try:
                check = kind.build(kind.options.model_validate(value), self._header.lists)
                checks.append(weighed(kind.name, check, kind.heard) if kind.heard else check)
            except ValidationError as error:
                where = self._node["check"][key]
                found = validation_problems(
                    error, where, self._file, self._name, kind.options, blocking=self._would_block()
                )
                broken.extend(_with_check(problem, key, line) for problem in found)
            except OptionError as error:
                hint = did_you_mean(str(value.get("list")), tuple(self._header.lists)) if _names_a_list(value) else ""
                broken.append(self._problem(f"{key}: {error}", hint, line))
        return checks, broken

    def _compiled(self, text: RuleText, checks: list[Check]) -> Rule:
        kinds = tuple(text.check or ())
        return Rule(
            id=text.id,
            title=text.title or text.id.replace("-", " ").capitalize(),
            why=text.why,
            fix=text.fix,
            line=self._line,
            scope=self._scope(text),
            checks=tuple(checks),
            kinds=kinds,
            absence=any(KINDS[kind].absence for kind in kinds),
            exceptions=phrase_pattern(text.exceptions) if text.exceptions else None,
            vicinities=_vicinities(text.near),
            judge=text.judge,
            without_model=text.without_model,
            passing=text.examples.passing,
            failing=text.examples.fail,
        )

    def _scope(self, text: RuleText) -> RuleScope:
        defaults = self._header.defaults
        return RuleScope(
            severity=text.severity or defaults.severity,
            platforms=text.platforms or defaults.platforms,
            venues=text.venues or defaults.venues,
            identities=text.identities or IdentityScope(),
            languages=text.languages or defaults.languages,
            when=_conditions(text.when),
            unless=_conditions(text.unless),
        )


def _hoisted(rule: Any) -> Any:
    """Move modifiers written inside `check` beside it; written in both places they are an error."""
    if not isinstance(rule, dict) or not isinstance(rule.get("check"), dict):
        return rule
    check = dict(rule["check"])
    moved = {key: check.pop(key) for key in MODIFIERS if key in check}
    if doubled := moved.keys() & rule.keys():
        raise ValueError(f"`{min(doubled)}` stands beside `check` and inside it; keep one")
    return {**rule, "check": check, **moved}


def _names_a_list(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("list"), str)


def _with_check(problem: Problem, key: str, line: int) -> Problem:
    found = problem.line if problem.line > 1 else line
    return Problem(problem.file, found, problem.rule, f"{key}: {problem.reason}", problem.hint, problem.blocking)


def _conditions(condition: Condition | None) -> tuple[Condition, ...]:
    return (condition,) if condition else ()


def _vicinities(near: Near | None) -> tuple[Vicinity, ...]:
    if near is None:
        return ()
    return (vicinity(near, phrase_pattern(near.words) if near.words else None),)
