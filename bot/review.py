"""What people do with a mention short of approving: look, edit, claim, decide for silence. Nothing typed is lost."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from bot import audit, checking, drafting, outbox
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import Conflict, NotAllowed, NotFound
from bot.ledger import lock_thread_of
from bot.models import Account, Draft, Employee, Mention, MentionState, Origin, PostRecord, Source
from bot.permissions import Act, require
from bot.preconditions import account_for, context_of, identities, judged, mention_of, must_be_free
from bot.showing import card_of, forecast_of
from bot.views import Preview, ReplyForm


def form(
    deps: Deps,
    mention_id: int,
    *,
    by: Employee,
    account_id: int | None = None,
    text: str | None = None,
    draft_id: int | None = None,
) -> ReplyForm:
    """Return what the reply form needs. Without a text it starts with this person's last version, or the best draft."""
    require(by, Act.REPLY)
    with deps.sessions() as session:
        mention = mention_of(session, mention_id)
        must_be_free(session, mention, by, at=deps.now())
        view = card_of(session, deps, mention)
        choices = identities(session, mention, by)
        first = view.drafts[0] if view.drafts and text is None else None
        chosen = account_for(session, mention, by, account_id or choices[0].account_id)
        begun = first.text if first else text or ""
        looked = _look(session, deps, mention, chosen, by, begun)
    return ReplyForm(view, choices, chosen.id, first.id if first else draft_id, looked)


def preview(deps: Deps, mention_id: int, *, by: Employee, account_id: int, text: str) -> Preview:
    """Look at a text without deciding anything: what would be public, how long, what is found, what limits say."""
    with deps.sessions() as session:
        mention = mention_of(session, mention_id)
        return _look(session, deps, mention, account_for(session, mention, by, account_id), by, text)


def save(deps: Deps, mention_id: int, *, by: Employee, text: str, draft_id: int | None = None) -> Draft:
    """Keep what a person typed as a version of its own, so that a refusal or a crash loses nothing."""
    require(by, Act.REPLY)
    with deps.sessions.begin() as session:
        mention = mention_of(session, mention_id)
        based_on = session.get(Draft, draft_id) if draft_id is not None else None
        if based_on is not None and based_on.mention_id != mention.id:
            raise NotFound("That draft belongs to another conversation. Open the reply from its own card.")
        if based_on is not None and based_on.text == text:
            return based_on
        return _write(session, deps, mention, by, text, based_on)


def claim(deps: Deps, mention_id: int, *, by: Employee) -> Mention:
    """Take a mention for a while, so that others leave it alone."""
    require(by, Act.CLAIM)
    return _change(deps, mention_id, by, "mention.claimed", lambda m: m.claim(by, at=deps.now(), lasting=deps.claim))


def release(deps: Deps, mention_id: int, *, by: Employee) -> Mention:
    """Give a mention back."""
    require(by, Act.CLAIM)
    return _change(deps, mention_id, by, "mention.released", lambda m: m.release(by, at=deps.now()))


def take_over(deps: Deps, mention_id: int, *, by: Employee) -> Mention:
    """Claim what somebody else holds. The card shows it and the record keeps from whom it was taken."""
    require(by, Act.CLAIM)

    def take(mention: Mention) -> None:
        mention.claimed_until = None
        mention.claim(by, at=deps.now(), lasting=deps.claim)

    return _change(deps, mention_id, by, "mention.taken_over", take)


def dismiss(deps: Deps, mention_id: int, *, by: Employee, reason: str) -> Mention:
    """Decide for silence. The reason is kept: silence is a decision too."""
    require(by, Act.DISMISS)
    if not reason.strip():
        raise NotAllowed("Say in a few words why no reply is right here; the next person will want to know.")
    return _change(deps, mention_id, by, "mention.dismissed", lambda m: m.dismiss(by, reason.strip()), reason)


def reopen(deps: Deps, mention_id: int, *, by: Employee) -> Mention:
    """Put a dismissed mention back before people."""
    require(by, Act.DISMISS)

    def back(mention: Mention) -> None:
        if mention.state is not MentionState.DISMISSED:
            raise Conflict("Only a conversation that was dismissed can be reopened.")
        mention.dismissed_by_id = None
        mention.dismissed_reason = ""
        mention.reopen(f"Reopened by {by.name}.")

    return _change(deps, mention_id, by, "mention.reopened", back)


def _change(
    deps: Deps, mention_id: int, by: Employee, kind: str, move: Callable[[Mention], None], reason: str = ""
) -> Mention:
    with deps.sessions.begin() as session:
        mention = lock_thread_of(session, mention_id)
        move(mention)
        audit.record(
            session,
            kind,
            at=deps.now(),
            actor=f"employee:{by.id}",
            subject=f"mention:{mention_id}",
            texts={"reason": reason} if reason else {},
        )
        outbox.show(session, mention_id, at=deps.now())
    return mention


def _write(session: Session, deps: Deps, mention: Mention, by: Employee, text: str, based_on: Draft | None) -> Draft:
    post = session.get_one(PostRecord, mention.post_id)
    source_account = session.get_one(Account, session.get_one(Source, mention.source_id).account_id)
    found = checking.verdict(session, deps, mention, post, text, identity=source_account.identity)
    draft = Draft(
        mention_id=mention.id,
        origin=Origin.PERSON,
        text=text,
        created_at=deps.now(),
        verdict=checking.kept(found),
        based_on_id=based_on.id if based_on else None,
        written_by_id=by.id,
    )
    session.add(draft)
    session.flush()
    drafting.record(session, deps, draft, actor=f"employee:{by.id}")
    return draft


def _look(session: Session, deps: Deps, mention: Mention, account: Account, by: Employee, text: str) -> Preview:
    post = session.get_one(PostRecord, mention.post_id)
    connector = connector_of(deps, post.platform)
    context = context_of(session, post, account)
    found = judged(session, deps, mention, post, account, text)
    return Preview(
        typed=text,
        public=connector.render(text, context) if text.strip() else "",
        length=connector.measure(text, context),
        findings=found.findings,
        skipped=found.skipped,
        forecast=forecast_of(session, deps, mention, post, account, by, text),
        blocked=found.blocked,
    )
