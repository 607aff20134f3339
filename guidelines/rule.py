"""A compiled rule: decides where it holds, runs its checks, and drops the hits that the pack excepts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from guidelines.base import Candidate, Finding, Severity
from guidelines.checks.contract import Check, Hit
from guidelines.checks.lexicon import lexicon
from guidelines.pack_schema import (
    ALL,
    OFF,
    Condition,
    Effect,
    Example,
    IdentityScope,
    Near,
    Scope,
    VenueScope,
    WithoutModel,
    kind_name,
    language_name,
    venue_name,
)
from guidelines.reading import Reading, Span

_MOST_FINDINGS: Final = 10
FEWEST_EXAMPLES: Final = 3
"""A rule with fewer passing or fewer failing examples counts as untested."""
NEGATIVE: Final = lexicon("negative")["negative"].pattern


@dataclass(frozen=True, slots=True)
class RuleScope:
    """Where a rule holds and how much it weighs there.

    A place that any scope turns off, or leaves out, is not asked. Else a name weighs more than `all`, and `all` more
    than the rule's own severity; where several names disagree the strictest counts, so that no exemption made for one
    thing weakens what was demanded for another, and nobody has to know an order.
    """

    severity: Severity
    platforms: Scope = field(default_factory=Scope)
    venues: Scope = field(default_factory=VenueScope)
    identities: Scope = field(default_factory=IdentityScope)
    languages: tuple[str, ...] = (ALL,)
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    _everywhere: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Most rules hold everywhere; of them nothing is asked for each text."""
        scopes = (self.platforms, self.venues, self.identities)
        narrowed = any(scope.only or scope.effects for scope in scopes) or self.when or self.unless
        object.__setattr__(self, "_everywhere", not narrowed and ALL in self.languages)

    def effect(self, candidate: Candidate) -> Effect:
        """Return the severity for `candidate`, or `off`."""
        if self._everywhere:
            return self.severity
        if not self._speaks(candidate.language) or not all(_holds(condition, candidate) for condition in self.when):
            return OFF
        if any(_holds(condition, candidate) for condition in self.unless):
            return OFF
        here = (
            (self.platforms, candidate.platform.lower()),
            (self.venues, venue_name(candidate.venue)),
            (self.identities, candidate.identity),
        )
        if not all(scope.admits(name) for scope, name in here):
            return OFF
        named = [scope.effects[name] for scope, name in here if name in scope.effects]
        general = [scope.effects[ALL] for scope, _ in here if ALL in scope.effects]
        return strictest(named or general) or self.severity

    def _speaks(self, language: str | None) -> bool:
        return language is None or ALL in self.languages or language_name(language) in self.languages

    @property
    def may_block(self) -> bool:
        """Whether the rule forbids posting anywhere."""
        effects = (*self.platforms.effects.values(), *self.venues.effects.values(), *self.identities.effects.values())
        return self.severity is Severity.BLOCK or Severity.BLOCK in effects


def strictest(effects: Sequence[Effect]) -> Effect | None:
    """Return the gravest severity among `effects`; nothing when there is none."""
    return next((severity for severity in Severity if severity in effects), None)


def _holds(condition: Condition, candidate: Candidate) -> bool:
    facts = (
        (condition.reply_to, kind_name(candidate.mention_kind)),
        ((*condition.account, *condition.identity), candidate.identity),
        (condition.platform, candidate.platform.lower()),
        (condition.venue, venue_name(candidate.venue)),
        (condition.language, language_name(candidate.language or "")),
    )
    return all(actual in wanted for wanted, actual in facts if wanted)


@dataclass(frozen=True, slots=True)
class Vicinity:
    """What must stand near a hit, compiled."""

    pattern: re.Pattern[str]
    within: int

    def holds(self, reading: Reading, span: Span) -> bool:
        """Whether it stands in the sentence of `span`, not farther than `within` characters."""
        start, end = reading.sentence_at(span[0])
        near_start, near_end = max(start, span[0] - self.within), min(end, span[1] + self.within)
        return any(
            match.end() <= span[0] or match.start() >= span[1]
            for match in self.pattern.finditer(reading.lower, near_start, max(near_end, span[1]))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pack, ready to run. `absence` rules find what is missing and so have no span."""

    id: str
    title: str
    why: str
    fix: str
    line: int
    scope: RuleScope
    checks: tuple[Check, ...] = ()
    kinds: tuple[str, ...] = ()
    absence: bool = False
    exceptions: re.Pattern[str] | None = None
    vicinities: tuple[Vicinity, ...] = ()
    judge: str = ""
    without_model: WithoutModel | None = None
    passing: tuple[Example, ...] = ()
    failing: tuple[Example, ...] = ()

    @property
    def asks_facts_alone(self) -> bool:
        """Whether the fact base decides and nothing else: such a rule needs no examples, the facts have their own."""
        return self.kinds == ("facts",) and not self.judge

    @property
    def untested(self) -> bool:
        """Whether there are too few examples of either side to know what the rule does."""
        return not self.asks_facts_alone and min(len(self.passing), len(self.failing)) < FEWEST_EXAMPLES

    def findings(self, reading: Reading, severity: Severity) -> Iterator[Finding]:
        """Run the checks; raises `CheckTimeoutError` when a pattern takes too long."""
        count = 0
        for check in self.checks:
            for hit in check(reading):
                if self._counts(reading, hit):
                    yield self._finding(reading, severity, hit)
                    count += 1
                if count >= _MOST_FINDINGS:
                    return

    def _counts(self, reading: Reading, hit: Hit) -> bool:
        if self.exceptions and self._is_excepted(reading, self.exceptions, hit.span):
            return False
        return hit.span is None or all(vicinity.holds(reading, hit.span) for vicinity in self.vicinities)

    @staticmethod
    def _is_excepted(reading: Reading, exceptions: re.Pattern[str], span: Span | None) -> bool:
        if span is None:
            return bool(exceptions.search(reading.lower))
        return any(match.start() < span[1] and span[0] < match.end() for match in exceptions.finditer(reading.lower))

    def _finding(self, reading: Reading, severity: Severity, hit: Hit) -> Finding:
        why = " ".join(filter(None, (hit.why, self.why)))
        fix = " ".join(filter(None, (self.fix, hit.fix)))
        span = reading.original_span(hit.span) if hit.span else None
        severity = Severity.WARN if hit.doubtful and severity is Severity.BLOCK else severity
        return Finding(self.id, severity, why or self.title, fix, span, self.title)


def vicinity(near: Near, compiled_words: re.Pattern[str] | None) -> Vicinity:
    """Compile a `near` modifier; negative words and own words may both count."""
    sources = [pattern.pattern for pattern in (NEGATIVE if near.negative else None, compiled_words) if pattern]
    return Vicinity(re.compile("|".join(sources)), near.within)
