"""Saying in plain words what an entry means: one sentence, and the details that stand behind it."""

from collections.abc import Iterator, Mapping
from string import Formatter

from bot.models.base import Json

SENTENCES: Mapping[str, str] = {
    "source.read": "The post came in with a look at the source.",
    "source.failed": "The source could not be read: {detail}",
    "source.changed": "The source was set up or changed.",
    "source.state": "The source became {state}.",
    "account.connected": "An account was connected.",
    "account.refused": "The platform does not take the account's tokens any more: {detail}",
    "account.disconnected": "The account was disconnected; its tokens are forgotten.",
    "account.app": "Our app on {platform} was put on record, for people to connect their accounts.",
    "account.recorded": "Put on record for an account: {name}.",
    "budget.changed": "Changed what a platform may cost.",
    "budget.retired": "Took away a bound on what a platform may cost.",
    "post.edited": "Its author changed the post.",
    "post.gone": "The post is gone from its platform.",
    "mention.collected": "The post came in.",
    "mention.triaged": "It was judged to be: {kind}, mood {mood}, urgency {urgency}.",
    "mention.judged_again": "It was judged again, since the facts have changed: {kind}.",
    "mention.claimed": "Claimed it.",
    "mention.released": "Gave it back.",
    "mention.taken_over": "Took it over from somebody else.",
    "mention.dismissed": "Decided not to reply.",
    "mention.reopened": "Put it back before people.",
    "link.asked": "Pasted the link of a post to be answered.",
    "link.taken": "The post came in by a link that was pasted.",
    "link.failed": "The link could not be read.",
    "draft.asked": "The model {model} was asked for a draft.",
    "draft.written": "A draft was written ({origin}).",
    "reply.approved": "Approved this exact text.",
    "reply.handed_off": "Took it on to post by hand.",
    "reply.handoff_finished": "Posted it by hand and brought the link back.",
    "reply.handoff_given_up": "Did not post it by hand after all.",
    "reply.undone": "Undid the approval in time.",
    "reply.sending": "The request left for the platform, attempt {attempt}.",
    "reply.posted": "It is public: {url}",
    "reply.pending_remote": "The platform's moderators hold it.",
    "reply.in_doubt": "Nobody knows whether it was posted: {detail}",
    "reply.asked": "A person was asked whether it was posted.",
    "reply.found": "Found it on the platform.",
    "reply.retried": "It was not on the platform, so it is sent once more.",
    "reply.post_again": "Decided to post it again.",
    "reply.dropped": "Decided to let it go.",
    "reply.delayed": "The platform asked to wait: {detail}",
    "reply.failed": "The platform refused it: {detail}",
    "reply.cancelled": "It was not posted: {reason}",
    "reply.thawed": "It may leave again; the stop is over.",
    "reply.edit_ordered": "Ordered the public text to be changed.",
    "reply.deletion_ordered": "Ordered it to be deleted from the platform.",
    "reply.not_mended": "The platform did not change or delete it: {detail}",
    "reply.edited": "The public text was edited.",
    "reply.deleted": "It was deleted from the platform.",
    "reply.removed": "The platform's moderators removed it.",
    "reply.outcome": "Something came of it: {outcome}.",
    "review.queued": "It was put before the reviewers: {reasons}.",
    "review.opened": "Opened it for review.",
    "review.rules": "Changed how replies are chosen for review.",
    "review.scanned": "Old replies were looked at with new guidelines: {found} of {looked_at} found.",
    "reply.reviewed": "Reviewed it: {disposition}.",
    "venue.zone": "Set the time zone of a venue to {zone}.",
    "limit.changed": "Changed a limit.",
    "limit.retired": "Took a limit out of force.",
    "limit.undone": "Undid the last change of a limit.",
    "limit.asked": "Asked a community manager to let a reply pass: {limits}.",
    "limit.allowed": "Let the reply pass the limits: {limits}.",
    "limit.declined": "Did not let the reply pass the limits: {limits}.",
    "fact.changed": "Put a fact in force: {fact}, version {version}.",
    "fact.reviewed": "Said that a fact still holds: {fact}, version {version}.",
    "fact.withdrawn": "Took a fact out of force: {fact}.",
    "fact.policy": "Facts correct nobody once {review_days} days passed without a review.",
    "fact.policy_ended": "Facts need no review any more to correct somebody.",
    "fact.adopted": "The facts of the file were taken over: {count} of them.",
    "reply.misstated": "It was found to contradict a fact: {fact}.",
    "reply.error_dismissed": "Decided that our reply is not wrong: {fact}.",
    "reply.error_followed_up": "Decided to correct ourselves with a further reply: {fact}.",
    "guidelines.added": "Added a version of the guidelines: {name} {version}.",
    "guidelines.activated": "Put guidelines in force: {name} {version}.",
    "example.proposed": "Said that the rule {rule} judges a text wrongly.",
    "example.taken": "Took an example into the next version of the guidelines, for the rule {rule}.",
    "example.declined": "Decided that the rule {rule} is right after all.",
    "stop.thrown": "Everything in a scope was stopped: {scope}.",
    "stop.lifted": "A stop was lifted.",
    "stop.drilled": "A stop was rehearsed.",
    "erasure.person": "What a person had written, and what named them, was erased.",
    "erasure.retention": "Texts whose time had passed were erased.",
    "erasure.platform": "What the platform had deleted was erased here too.",
    "hold.placed": "A hold was placed.",
    "hold.lifted": "A hold was lifted.",
    "retention.set": "Set how long texts are kept.",
    "record.exported": "Exported entries as {form}.",
}
"""What each kind of entry means. A kind that is not here is told by its own name."""

_SAID_ELSEWHERE = frozenset({"verdict", "throttle", "erased", "salt"})


def sentence(kind: str, data: Json) -> str:
    """Say what happened."""
    template = SENTENCES.get(kind)
    if template is None:
        return f"{kind.replace('.', ': ').replace('_', ' ').capitalize()}."
    return template.format_map({name: _value(data.get(name)) for _, name, _, _ in Formatter().parse(template) if name})


def details(kind: str, data: Json) -> Iterator[str]:
    """Say what it rested on: numbers, the verdict, the limits."""
    told = SENTENCES.get(kind, "")
    plain = [
        f"{name.replace('_', ' ')}: {_value(value)}"
        for name, value in data.items()
        if name not in _SAID_ELSEWHERE and f"{{{name}}}" not in told and value not in (None, "", [], {}, False)
    ]
    if plain:
        yield "; ".join(plain)
    yield from _verdict(data.get("verdict"))
    yield from _throttle(data.get("throttle"))


def _verdict(verdict: object) -> Iterator[str]:
    if not isinstance(verdict, dict) or not verdict:
        return
    name = f"{verdict.get('pack', '')} {verdict.get('version', '')}".strip()
    findings = [item for item in verdict.get("findings") or () if isinstance(item, dict)]
    found = {0: "nothing found", 1: "1 finding"}.get(len(findings), f"{len(findings)} findings")
    yield f"checked against guidelines {name} ({str(verdict.get('sha256', ''))[:12]}): {found}"
    for item in findings:
        # What it said may quote people, and stands among the texts.
        yield f"  {item.get('severity', '')} {item.get('rule', '')}"
    for skipped in verdict.get("skipped") or ():
        yield f"  could not run: {skipped}"


def _throttle(decision: object) -> Iterator[str]:
    if not isinstance(decision, dict) or not decision:
        return
    said = "; ".join(f"{name} {_value(value)}" for name, value in decision.items() if value not in (None, "", [], {}))
    yield f"limits: {said}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return "" if value is None else str(value)
