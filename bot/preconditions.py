"""What must hold before somebody may answer: the mention is free, the account is theirs, the platform permits it."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import checking, corrections, policies
from bot.accounts import as_post, call_for, connector_of
from bot.deps import Deps
from bot.errors import Conflict, NotAllowed, NotFound
from bot.models import Account, Employee, Mention, MentionState, PostRecord, Reply, Source
from bot.views import Identifiable
from connectors.base import Condition, Handoff, Identity, No, Permission, PostStatus, ReplyContext
from guidelines.base import Finding, Severity, Verdict


def hashed(text: str) -> str:
    """Return the SHA-256 of a text, by which the same text is known again."""
    return sha256(text.encode()).hexdigest()


def mention_of(session: Session, mention_id: int) -> Mention:
    """Return a mention; raises `NotFound` when it was purged."""
    mention = session.get(Mention, mention_id)
    if mention is None:
        raise NotFound("This conversation is no longer kept here. Its card can be ignored.")
    return mention


def must_be_free(session: Session, mention: Mention, by: Employee, *, at: datetime) -> None:
    """Raise `Conflict`, saying why, unless this person may answer the mention now."""
    post = session.get_one(PostRecord, mention.post_id)
    if post.status in (PostStatus.DELETED, PostStatus.HIDDEN) or mention.state is MentionState.GONE:
        raise Conflict("The post is no longer there, so there is nothing to reply to.")
    if mention.state is MentionState.ANSWERED:
        raise Conflict(f"{_winner(session, mention)} has already answered this. The card shows the reply.")
    if mention.state is MentionState.DISMISSED:
        raise Conflict("This was dismissed. Reopen it from its card if a reply is right after all.")
    if not mention.is_open:
        raise Conflict("This is still being prepared. Try again in a moment.")
    if mention.claimed_by_other(by, at=at):
        holder = session.get_one(Employee, mention.claimed_by_id)
        raise Conflict(f"{holder.name} has claimed this. You can take it over from the card, or wait.")


def permission(session: Session, deps: Deps, account: Account, post: PostRecord) -> Permission:
    """Return whether the platform lets this account answer this post, and whether through its API."""
    refused = policies.refusal(session, deps, account, post)
    return refused or connector_of(deps, post.platform).can_reply(call_for(deps, account), as_post(session, post))


def must_be_permitted(
    session: Session, deps: Deps, account: Account, post: PostRecord, *, by_hand: bool = False
) -> None:
    """Raise `NotAllowed` when the platform's rules forbid a reply, or the account's state forbids it through the API.

    Posting by hand passes what is only closed to programs, and nothing else.
    """
    if not by_hand and account.condition in (Condition.REAUTH, Condition.DENIED):
        raise NotAllowed(f"The account {account.handle} must be connected again before it can post.")
    permitted = permission(session, deps, account, post)
    if isinstance(permitted, No):
        raise NotAllowed(f"{permitted.reason} {_written(permitted)}")
    if isinstance(permitted, Handoff) and not by_hand:
        raise NotAllowed(f"{permitted.reason} Post it by hand: {permitted.url} {_written(permitted)}")


def identities(session: Session, mention: Mention, by: Employee) -> tuple[Identifiable, ...]:
    """Return the accounts this person may answer with: the one that found the post, then their own on that site."""
    found_by = session.get_one(Account, session.get_one(Source, mention.source_id).account_id)
    own = select(Account).where(
        Account.platform == found_by.platform,
        Account.site == found_by.site,
        Account.employee_id == by.id,
        Account.id != found_by.id,
        Account.disconnected_at.is_(None),
    )
    accounts = [found_by, *session.scalars(own)]
    return tuple(Identifiable(account.id, account.identity, _label(account)) for account in accounts)


def account_for(session: Session, mention: Mention, by: Employee, account_id: int) -> Account:
    """Return the account, when it is among those this person may answer with here."""
    if account_id not in {choice.account_id for choice in identities(session, mention, by)}:
        raise NotAllowed("You cannot post with that account here. Choose one of those in the list.")
    return session.get_one(Account, account_id)


def context_of(session: Session, post: PostRecord, account: Account) -> ReplyContext:
    """Return where a text would stand, as its connector asks for it."""
    return ReplyContext(as_post(session, post), account.identity, account.handle, account.max_length)


def judged(session: Session, deps: Deps, mention: Mention, post: PostRecord, account: Account, text: str) -> Verdict:
    """Return the pack's verdict, with an empty text, the platform's length and its rules as findings of our own."""
    found = checking.verdict(session, deps, mention, post, text, identity=account.identity)
    own: list[Finding] = []
    if not text.strip():
        own.append(Finding("empty", Severity.BLOCK, "There is no text yet.", "Write one, or choose “No reply”."))
    length = connector_of(deps, post.platform).measure(text, context_of(session, post, account))
    if not length.fits:
        why = f"The platform takes {length.limit} {length.unit}; this is {length.used}."
        fix = f"Take out {length.used - length.limit} {length.unit}."
        own.append(Finding("too-long", Severity.BLOCK, why, fix))
    if again := corrections.second(session, deps, mention, text):
        own.append(again)
    known = {finding.rule for finding in found.findings}
    # Where the pack says the same, as it does of disclosing, its own words are the better ones.
    theirs = policies.findings(session, deps, post, account, text)
    own.extend(finding for finding in theirs if finding.rule.rpartition(".")[2] not in known)
    return Verdict(found.pack, found.version, found.sha256, (*own, *found.findings), found.skipped)


def _written(permitted: No | Handoff) -> str:
    source = f"; see {permitted.source}" if permitted.source else ""
    return f"(rule: {permitted.rule}{source})"


def _winner(session: Session, mention: Mention) -> str:
    newest = select(Employee.name).join(Reply, Reply.approved_by_id == Employee.id)
    name = session.scalar(newest.where(Reply.mention_id == mention.id).order_by(Reply.id.desc()).limit(1))
    return name or "Somebody"


def _label(account: Account) -> str:
    whose = "the company's account" if account.identity is Identity.BRAND else "your own account"
    return f"{account.handle} ({whose})"
