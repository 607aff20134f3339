"""Says of one text which rules of a pack looked at it, which fired and why, and which did not apply."""

from dataclasses import dataclass

from guidelines.base import Candidate, Finding, Verdict, check
from guidelines.pack import Pack
from guidelines.pack_schema import OFF


@dataclass(frozen=True, slots=True)
class RuleStory:
    """One rule and one text: `findings` is empty when the rule is content, `applies` false when it was not asked."""

    rule: str
    title: str
    severity: str
    applies: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on a text, told rule by rule."""

    verdict: Verdict
    stories: tuple[RuleStory, ...]


def explain(candidate: Candidate, pack: Pack) -> Explanation:
    """Check `candidate` and tell what every rule made of it."""
    verdict = check(candidate, pack)
    stories = []
    for rule in pack.rules:
        effect = rule.scope.effect(candidate)
        findings = tuple(finding for finding in verdict.findings if finding.rule == rule.id)
        stories.append(RuleStory(rule.id, rule.title, str(effect), effect != OFF, findings))
    return Explanation(verdict, tuple(stories))


def as_text(explanation: Explanation, text: str) -> str:
    """Return the explanation for a person: what fired first, then what was content, then what did not apply."""
    verdict = explanation.verdict
    lines = [
        f"{'BLOCKED' if verdict.blocked else 'allowed'} by {verdict.pack} {verdict.version} ({verdict.sha256[:12]})"
    ]
    for finding in verdict.findings:
        quoted = f" “{text[slice(*finding.span)][:80]}”" if finding.span else ""
        lines.append(f"  {finding.severity:<5} {finding.rule}:{quoted} {finding.why}")
        if finding.fix:
            lines.append(f"        fix: {finding.fix}")
    content = [story.rule for story in explanation.stories if story.applies and not story.findings]
    silent = [story.rule for story in explanation.stories if not story.applies]
    lines += [f"  content: {', '.join(content)}"] if content else []
    lines += [f"  not asked here: {', '.join(silent)}"] if silent else []
    return "\n".join([*lines, *(f"  skipped: {skip}" for skip in verdict.skipped)])
