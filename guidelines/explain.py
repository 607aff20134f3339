"""Says of one text which rules of a pack looked at it, which fired and why, and which did not apply."""

from dataclasses import dataclass

from guidelines.base import Candidate, FactCheck, Finding, Verdict, check
from guidelines.pack import Pack
from guidelines.pack_schema import OFF


@dataclass(frozen=True, slots=True)
class RuleStory:
    """One rule and one text: `findings` is empty when the rule is content, `applies` false when it was not asked.

    `why_not` says why it was not.
    """

    rule: str
    title: str
    severity: str
    applies: bool
    findings: tuple[Finding, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on a text, told rule by rule."""

    verdict: Verdict
    stories: tuple[RuleStory, ...]


def explain(candidate: Candidate, pack: Pack, *, facts: FactCheck | None = None) -> Explanation:
    """Check `candidate` and tell what every rule made of it. Without `facts` rules about them are not asked."""
    verdict = check(candidate, pack, facts=facts)
    stories = []
    for rule in pack.rules:
        effect = rule.scope.effect(candidate)
        findings = tuple(finding for finding in verdict.findings if finding.rule == rule.id)
        why_not = "not for this place or post" if effect == OFF else ""
        if facts is None and rule.asks_facts_alone:
            why_not = why_not or "no facts were given"
        stories.append(RuleStory(rule.id, rule.title, str(effect), not why_not, findings, why_not))
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
    lines += [f"  nothing to object: {', '.join(content)}"] if content else []
    silent = [story for story in explanation.stories if not story.applies]
    for reason in dict.fromkeys(story.why_not for story in silent):
        rules = ", ".join(story.rule for story in silent if story.why_not == reason)
        lines.append(f"  not asked, {reason}: {rules}")
    return "\n".join([*lines, *(f"  skipped: {skip}" for skip in verdict.skipped)])
