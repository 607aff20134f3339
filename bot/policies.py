"""A platform's own rules, held against an account, an author and a text. Every no names the rule and its source."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import regex
from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from bot.accounts import connector_of, put_option
from bot.database import advisory_lock
from bot.deps import Deps
from bot.errors import NotAllowed
from bot.likeness import plain
from bot.models import COUNTED, Account, Draft, Employee, Origin, PostRecord, Reply
from bot.models.limits import ReplyPrint
from bot.throttle.limits import current, limit_of
from bot.throttle.prints import bands_of, likeness
from connectors.base import Identity, No, Policy, Spec
from guidelines.base import Candidate, Finding, Severity
from guidelines.checks.disclosure import discloses
from guidelines.reading import Reading

APPROVAL = "platform_approval"
AI_APPROVAL = "ai_approval"
LABEL = "label"
LABELLED_THERE = "labelled_there"
DISCLOSURE = "disclosure"
RECORDED: Mapping[str, str] = MappingProxyType(
    {
        APPROVAL: "The platform's written approval of our use: who gave it, and when.",
        AI_APPROVAL: "The platform's approval of texts that a model drafts: who gave it, and when.",
        LABEL: "The words by which every reply of this account says that a program helps to post it.",
        LABELLED_THERE: "How the platform itself shows that the account is automated, and since when.",
        DISCLOSURE: "Words that say in every reply of this account for whom its owner works, such as #AcmeEmployee.",
    }
)
"""What an admin records with an account, on any platform whose rules ask for it."""

COPY = 0.85
"""From this likeness on two texts are one and the same in a platform's eyes; 1 is word for word."""
MOST_CANDIDATES = 200
_WORDS_BESIDE = 2
"""So many more words than “stop” itself may stand in a sentence that asks us to stop."""
_SENTENCE = regex.compile(r"[.!;:\n…]+")


def record(deps: Deps, account_id: int, name: str, value: str, *, by: Employee | None) -> Account:
    """Record what a platform has agreed to, or how an account is labelled there: for admins, and kept in the record."""
    return put_option(deps, account_id, name, value, known=RECORDED, by=by)


def refusal(session: Session, deps: Deps, account: Account, post: PostRecord) -> No | None:
    """Return why nobody may answer this post with this account, whatever its connector says."""
    spec = connector_of(deps, post.platform).spec
    return unapproved(spec, account) or _opted_out(session, spec, post)


def unapproved(spec: Spec, account: Account) -> No | None:
    """Return why a platform must not be used at all: nobody has recorded that it approved of us."""
    if not spec.policy.operator_approval_required or _recorded(account, APPROVAL):
        return None
    reason = (
        f"{spec.title} is off until an admin records its written approval: "
        f"chorus accounts record {account.id} {APPROVAL} WHO-AND-WHEN"
    )
    return No(f"{spec.name}.{APPROVAL}", reason, _source(spec.policy))


def findings(session: Session, deps: Deps, post: PostRecord, account: Account, text: str) -> Iterator[Finding]:
    """Yield what the platform's rules say against a text, whoever posts it."""
    spec = connector_of(deps, post.platform).spec
    if not text.strip():
        return
    if spec.policy.label_required:
        yield from _unlabelled(spec, account, text)
    if spec.policy.disclosure_required and account.identity is Identity.EMPLOYEE:
        yield from _undisclosed(deps, spec, account, text)
    if spec.policy.cross_account_duplicate_ban:
        yield from _copies(session, spec, account, text)


def take_turns(session: Session, deps: Deps, platform: str) -> None:
    """Let one approval after the other look for copies, where copies are forbidden; taken after the thread's lock."""
    if connector_of(deps, platform).spec.policy.cross_account_duplicate_ban:
        advisory_lock(session, f"copies:{platform}")


def model_may_write(spec: Spec, account: Account) -> bool:
    """Whether texts that a model drafted may be used with this account."""
    allowed = not spec.policy.ai_approval_required or _recorded(account, AI_APPROVAL)
    return spec.policy.ai_text_allowed and bool(allowed)


def must_be_human(session: Session, deps: Deps, draft: Draft, account: Account) -> None:
    """Raise `NotAllowed` when a draft goes back to a model and the platform does not let us use such texts."""
    spec = connector_of(deps, account.platform).spec
    if model_may_write(spec, account) or not written_by_model(session, draft):
        return
    rule, source = f"{spec.name}.ai_text", _source(spec.policy)
    if spec.policy.ai_text_allowed:
        way = f"Write it in your own words, or have an admin record the approval: {AI_APPROVAL}."
        raise NotAllowed(f"{spec.title} must approve of texts that a model drafted. {way} (rule: {rule}; see {source})")
    way = "Begin with an empty text and write it in your own words."
    raise NotAllowed(f"{spec.title} takes no texts that a model drafted. {way} (rule: {rule}; see {source})")


def written_by_model(session: Session, draft: Draft) -> bool:
    """Whether a model wrote a draft, or what it was made from: another draft, or a past reply."""
    seen: set[int] = set()
    while draft.id not in seen:
        seen.add(draft.id)
        if draft.origin is Origin.MODEL:
            return True
        before = draft.based_on_id
        if draft.origin is Origin.PAST_REPLY and draft.origin_detail.isdigit():
            past = session.get(Reply, int(draft.origin_detail))
            before = past.draft_id if past else None
        earlier = session.get(Draft, before) if before is not None else None
        if earlier is None:
            return False
        draft = earlier
    return False


def opting_out(policy: Policy, text: str) -> str:
    """Return the word by which somebody asks us to stop, in a sentence of little else; empty when they do not."""
    if "?" in text:
        return ""
    for sentence in map(_spoken, _SENTENCE.split(text[:5000])):
        for word in sorted(policy.opt_out_words):
            wanted = _spoken(word)
            if _stands_in(wanted, sentence) and len(sentence) <= len(wanted) + _WORDS_BESIDE:
                return word
    return ""


def must_allow_matching(deps: Deps, platform: str) -> None:
    """Raise `NotAllowed` unless a person on this platform may be matched with somebody known from elsewhere.

    Asked by whatever would join an author with a customer, a lead or an account on another platform.
    """
    spec = connector_of(deps, platform).spec
    if not spec.policy.identity_matching_allowed:
        raise NotAllowed(
            f"{spec.title} forbids to match its people with who they are elsewhere, unless they agreed. "
            f"(rule: {spec.name}.identity_matching; see {_source(spec.policy)})"
        )


def _opted_out(session: Session, spec: Spec, post: PostRecord) -> No | None:
    # As `after_opt_out` names it in `bot.throttle.editing`.
    known = current(session, f"opted-out-{post.platform}-{post.author_external_id}"[:80])
    # Names are cut to a length, so two very long ids may share one.
    if known is None or post.author_external_id not in (limit_of(known).where.authors or ()):
        return None
    reason = (
        f"This person asked us not to reply to them. If they took it back, a community manager can retire the "
        f"limit “{known.name}”."
    )
    return No(f"{spec.name}.opt_out", reason, _source(spec.policy))


def _unlabelled(spec: Spec, account: Account, text: str) -> Iterator[Finding]:
    label = _recorded(account, LABEL)
    if _recorded(account, LABELLED_THERE) or (label and label.casefold() in text.casefold()):
        return
    why = f"{spec.title} asks that what a program helps to post is labelled."
    fix = (
        f"Add the words “{label}”."
        if label
        else f"An admin records how: chorus accounts record {account.id} {LABEL} WORDS (or {LABELLED_THERE}, where the "
        "platform shows it)."
    )
    yield _block(spec, "label", why, fix)


def _undisclosed(deps: Deps, spec: Spec, account: Account, text: str) -> Iterator[Finding]:
    tag = _recorded(account, DISCLOSURE)
    if tag and tag.casefold() in text.casefold():
        return
    said = Candidate(text, platform=spec.name, identity=account.identity.value, company=deps.company)
    if not discloses(Reading(said)):
        why = f"On {spec.title} an employee says in the text itself for whom they work."
        yield _block(spec, "disclosure", why, f"Say who you are, for example “I work at {deps.company[0]}”.")


def _copies(session: Session, spec: Spec, account: Account, text: str) -> Iterator[Finding]:
    bands = bands_of(text)
    others = (
        select(Reply.id, Reply.typed, Account.handle)
        .join(ReplyPrint, ReplyPrint.reply_id == Reply.id)
        .join(Account, Account.id == Reply.account_id)
        .where(ReplyPrint.bands.op("&&")(array(bands, type_=BigInteger)))
        .where(Reply.platform == spec.name, Reply.account_id != account.id, Reply.state.in_(COUNTED))
        .order_by(Reply.id.desc())
        .limit(MOST_CANDIDATES)
    )
    for reply_id, typed, handle in session.execute(others):
        if likeness(typed, text) >= COPY:
            why = (
                f"Reply no. {reply_id} by {handle} says nearly the same, and {spec.title} forbids it from two accounts."
            )
            yield _block(spec, "copies", why, f"Say it in your own words, or leave it at what {handle} said.")
            return


def _block(spec: Spec, rule: str, why: str, fix: str) -> Finding:
    name = f"{spec.name}.{rule}"
    return Finding(name, Severity.BLOCK, f"{why} (rule: {name}; see {_source(spec.policy)})", fix)


def _recorded(account: Account, name: str) -> str:
    return str(account.options.get(name, "")).strip()


def _source(policy: Policy) -> str:
    return ", ".join(policy.sources) or "the platform's terms"


def _spoken(text: str) -> list[str]:
    return plain(text.replace("#", " ")).split()


def _stands_in(words: list[str], sentence: list[str]) -> bool:
    last = len(sentence) - len(words)
    return bool(words) and any(sentence[start : start + len(words)] == words for start in range(last + 1))
