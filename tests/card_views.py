"""Cards to look at: one view in each state that a mention can be in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.models import MentionKind, MentionState, Mood, Origin, ReplyState, Urgency
from bot.slack.standing import Standing
from bot.views import CardView, DraftView, Forecast, PostView, ReplyView
from guidelines.base import Finding, Severity

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

POST = PostView(
    text="Does the Harbour Reader still lack EPUB support? I read somewhere that it only opens its own format.",
    author="Lena Vogt",
    handle="@lena@plaza.example",
    url="https://plaza.example/@lena/114",
    created_at=NOW - timedelta(minutes=7),
)
DRAFT = DraftView(
    id=31,
    text="Hi Lena, the Reader opens EPUB 3 files since 2024: harbour.example/formats. I work for Harbour.",
    origin=Origin.FACT,
    origin_text="from the fact “formats”",
)
VIEW = CardView(
    mention_id=12,
    channel="C0MENTIONS0",
    state=MentionState.OPEN,
    post=POST,
    platform="Mastodon",
    venue="plaza.example",
    source="Our mentions",
    why_here="it mentions our account",
    kind=MentionKind.FALSE_CLAIM,
    kind_reason="it says that EPUB is not supported",
    mood=Mood.NEUTRAL,
    mood_reason="no strong words",
    urgency=Urgency.NORMAL,
    language="en",
    thread_posts=6,
    our_posts=1,
    duplicates=(),
    drafts=(DRAFT, replace(DRAFT, id=32, origin=Origin.TEMPLATE, origin_text="from a template")),
    forecast=Forecast("allow"),
    fact="The Harbour Reader opens EPUB 3 since version 4.2.",
    fact_source="https://harbour.example/formats",
    fact_certainty="contradicts",
)
REPLY = ReplyView(
    id=7,
    state=ReplyState.APPROVED,
    text="@lena Hi Lena, the Reader opens EPUB 3 files since 2024. I work for Harbour.",
    approved_by="Ana Reyes",
    approved_by_slack="U0ANA0001",
    account="@harbour@plaza.example",
)


def answered(state: ReplyState, **values: object) -> CardView:
    """The card of a mention whose reply is in this state."""
    reply = replace(REPLY, state=state, **values)  # type: ignore[arg-type]
    return replace(VIEW, state=MentionState.ANSWERED, reply=reply)


BY_STANDING: dict[Standing, CardView] = {
    Standing.OPEN: replace(
        VIEW, urgency=Urgency.HIGH, duplicates=(POST, POST), suspicious="The post speaks to machines, not to people."
    ),
    Standing.CLAIMED: replace(
        VIEW, claimed_by="Ben Okafor", claimed_by_slack="U0BEN0001", claimed_until=NOW + timedelta(minutes=15)
    ),
    Standing.FAILED: replace(
        VIEW,
        reply=replace(REPLY, state=ReplyState.FAILED, detail="The platform says: duplicate post."),
        note="Posting failed.",
    ),
    Standing.UNDOABLE: answered(ReplyState.APPROVED, undo_until=NOW + timedelta(seconds=10)),
    Standing.LEAVING: answered(ReplyState.SENDING),
    Standing.CHECKING: answered(ReplyState.IN_DOUBT, detail="The platform did not answer in 10 s."),
    Standing.IN_DOUBT: answered(ReplyState.IN_DOUBT, asked=True, detail="It was not found after three looks."),
    Standing.POSTED: answered(ReplyState.POSTED, url="https://plaza.example/@harbour/115", posted_at=NOW),
    Standing.PENDING: answered(ReplyState.PENDING_REMOTE, url="https://plaza.example/@harbour/115"),
    Standing.HANDED_OFF: answered(ReplyState.HANDED_OFF),
    Standing.EDITED: answered(ReplyState.EDITED, url="https://plaza.example/@harbour/115"),
    Standing.DELETED: answered(ReplyState.DELETED),
    Standing.REMOVED: answered(ReplyState.REMOVED, detail="Rule 3: no companies."),
    Standing.DISMISSED: replace(
        VIEW, state=MentionState.DISMISSED, dismissed_by="Ana Reyes", dismissed_reason="It is already answered."
    ),
    Standing.JOINED: replace(VIEW, state=MentionState.JOINED),
    Standing.GONE: replace(VIEW, state=MentionState.GONE, post=replace(POST, is_gone=True)),
}

BLOCKED = Finding(
    rule="hard-sell",
    severity=Severity.BLOCK,
    why="“Buy now” is advertising.",
    fix="Answer the question and leave the offer out.",
    title="No hard sell",
)
WARNED = Finding(
    rule="links",
    severity=Severity.WARN,
    why="Two links look like advertising.",
    fix="Keep the one that answers.",
    title="Few links",
)
