"""The platforms' own rules: the host keeps each of them, whatever a connector says, and names rule and source."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from booth import Fair, open_fair
from conftest import DrivenClock
from sqlalchemy import select

from bot import delivery, intake, outcomes, policies, review, showing
from bot.database import Sessions
from bot.errors import Blocked, ChorusError, Conflict, NotAllowed, Throttled
from bot.models import Account, AuditEntry, Draft, Mention, MentionState, Origin, PostRecord, Reply, Source, SourceState
from bot.throttle import editing
from bot.writer import Writer
from connectors.base import Handoff, No, Policy

SOURCE = "https://booth.example/rules"
QUESTION = "Does the Harbour Reader work without an account?"
ANSWER = "Hi, the Harbour team here. Yes, it reads your own books without an account. Does that help?"

Opened = Callable[..., Fair]


@pytest.fixture
def opened(sessions: Sessions, clock: DrivenClock) -> Opened:
    def fair(writer: object = None, **rules: object) -> Fair:
        policy = Policy(sources=(SOURCE,), **rules)  # type: ignore[arg-type]
        return open_fair(sessions, clock, policy, writer=writer)

    return fair


def model_draft(fair: Fair, mention: Mention, words: str = ANSWER) -> Draft:
    with fair.deps.sessions.begin() as session:
        draft = Draft(mention_id=mention.id, origin=Origin.MODEL, text=words, created_at=fair.clock())
        session.add(draft)
    return draft


@pytest.mark.parametrize("rules", [{"ai_text_allowed": False}, {"ai_approval_required": True}])
def test_what_a_model_drafted_is_not_posted_where_the_platform_forbids_it(
    opened: Opened, rules: dict[str, bool]
) -> None:
    fair = opened(**rules)
    mention = fair.hear(QUESTION)
    draft = model_draft(fair, mention)
    with pytest.raises(NotAllowed, match=r"booth\.ai_text; see https://booth\.example/rules"):
        fair.approve(mention, ANSWER, draft_id=draft.id)
    with pytest.raises(NotAllowed, match=r"booth\.ai_text"):
        fair.approve(mention, f"{ANSWER} Or so.", draft_id=draft.id)
    assert fair.approve(mention, "The Harbour team here: it does, in every country.").id


def test_a_past_reply_that_a_model_drafted_stays_a_models(opened: Opened) -> None:
    fair = opened(ai_text_allowed=False)
    elsewhere = fair.hear(QUESTION, booth=fair.stall)
    with fair.deps.sessions() as session:
        stalls = session.scalars(select(Account).where(Account.platform == "stall")).one()
    past = fair.approve(elsewhere, ANSWER, draft_id=model_draft(fair, elsewhere).id, account=stalls)
    with fair.deps.sessions.begin() as session:
        mention = session.get_one(Mention, elsewhere.id)
        draft = Draft(
            mention_id=mention.id,
            origin=Origin.PAST_REPLY,
            origin_detail=str(past.id),
            text=ANSWER,
            created_at=fair.clock(),
        )
        session.add(draft)
        session.flush()
        assert policies.written_by_model(session, draft)


def test_the_model_writes_once_an_admin_has_recorded_the_approval(opened: Opened) -> None:
    fair = opened(writer=Writer(api_key="none", base_url="http://127.0.0.1:9/", model="m"), ai_approval_required=True)
    assert not policies.model_may_write(fair.booth.spec, fair.account)
    with pytest.raises(NotAllowed, match="Only an admin"):
        policies.record(fair.deps, fair.account.id, "ai_approval", "X, 3 May", by=fair.person("U0MARA"))
    account = policies.record(fair.deps, fair.account.id, "ai_approval", "X, 3 May", by=None)
    assert policies.model_may_write(fair.booth.spec, account)
    mention = fair.hear(QUESTION)
    assert fair.approve(mention, ANSWER, draft_id=model_draft(fair, mention).id).id
    with fair.deps.sessions() as session:
        kinds = session.scalars(select(AuditEntry.kind).where(AuditEntry.subject == f"account:{account.id}")).all()
    assert kinds[-1] == "account.recorded"


def test_an_option_that_nobody_knows_is_refused_with_those_that_exist(opened: Opened) -> None:
    fair = opened()
    with pytest.raises(ChorusError, match=r"(?s)colour.*label"):
        policies.record(fair.deps, fair.account.id, "colr", "red", by=None)
    assert policies.record(fair.deps, fair.account.id, "colour", "red", by=None).options == {"colour": "red"}
    assert policies.record(fair.deps, fair.account.id, "colour", "", by=None).options == {}


def test_a_platform_that_must_approve_of_us_stays_off_until_an_admin_records_that_it_did(opened: Opened) -> None:
    fair = opened(operator_approval_required=True)
    fair.booth.write(QUESTION)
    intake.collect(fair.deps, fair.source.id)
    source = fair.source_now()
    assert source.state is SourceState.NEEDS_ATTENTION
    assert "written approval" in source.detail
    assert SOURCE in source.detail
    assert fair.booth.asked == []
    account = policies.record(fair.deps, fair.account.id, "platform_approval", "Booth Inc., 3 May", by=None)
    with fair.deps.sessions.begin() as session:
        row = session.get_one(Source, source.id)
        row.state, row.not_before = SourceState.ACTIVE, None
    mention = fair.bring("booth-1")
    assert fair.approve(mention, ANSWER).id
    policies.record(fair.deps, account.id, "platform_approval", "", by=None)
    with fair.deps.sessions.begin() as session:
        session.get_one(Mention, mention.id).reopen("")
    with pytest.raises(NotAllowed, match=r"booth\.platform_approval; see https://booth\.example/rules"):
        fair.approve(mention, "The Harbour team here once more.")


def test_two_accounts_never_say_nearly_the_same_where_the_platform_forbids_it(opened: Opened) -> None:
    fair = opened(cross_account_duplicate_ban=True)
    first = fair.approve(fair.hear(QUESTION), ANSWER)
    ana = fair.connect("ana", "U0ANA")
    other = fair.hear("Can I use my Harbour without signing up anywhere at all?", author="other")
    said = rf"Reply no\. {first.id} by harbour says nearly the same.*booth\.copies; see https://booth\.example/rules"
    with pytest.raises(Blocked, match=said):
        fair.approve(other, ANSWER.replace("Does that help?", "Does this help? I work at Harbour."), account=ana)
    shown = review.preview(
        fair.deps, other.id, by=fair.person(), account_id=ana.id, text=f"I work at Harbour. {ANSWER}"
    )
    assert "booth.copies" in {finding.rule for finding in shown.findings}
    assert fair.approve(other, "I work at Harbour: no sign-up is needed, just open the lid.", account=ana).id


def test_of_two_accounts_that_say_the_same_at_once_one_is_refused(opened: Opened) -> None:
    fair = opened(cross_account_duplicate_ban=True)
    accounts = (fair.connect("ana", "U0ANA"), fair.connect("ben", "U0BEN"))
    mentions = (fair.hear(QUESTION), fair.hear("Is there an account that I need for a Harbour?", author="other"))
    words = "I work at Harbour. No account is needed for your own books, ever."

    def approve(number: int) -> bool:
        try:
            fair.approve(mentions[number], words, account=accounts[number], by=("U0ANA", "U0BEN")[number])
        except Blocked:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, range(2))) == [False, True]


def test_without_the_rule_the_platform_says_nothing_of_copies(opened: Opened) -> None:
    fair = opened()
    fair.approve(fair.hear(QUESTION), ANSWER)
    other = fair.hear("Can I use my Harbour without signing up anywhere at all?", author="other")
    ana = fair.connect("ana", "U0ANA")
    shown = review.preview(
        fair.deps, other.id, by=fair.person(), account_id=ana.id, text=f"I work at Harbour. {ANSWER}"
    )
    assert "booth.copies" not in {finding.rule for finding in shown.findings}


WORDS = frozenset({"stop", "opt out", "#nobot"})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP", "stop"),
        ("@harbour please stop!", "stop"),
        ("I know. Stop it now.", "stop"),
        ("Opt out", "opt out"),
        ("#nobot", "#nobot"),
        ("How do I stop the sync?", ""),
        ("My Harbour will not stop the page from turning", ""),
        ("unstoppable", ""),
        ("", ""),
    ],
)
def test_asking_us_to_stop_is_understood_and_speaking_of_stopping_is_not(text: str, word: str) -> None:
    assert policies.opting_out(Policy(opt_out_words=WORDS), text) == word


def test_who_tells_us_to_stop_is_not_answered_there_again_until_a_manager_takes_it_back(opened: Opened) -> None:
    fair = opened(opt_out_words=WORDS)
    reply = fair.approve(fair.hear(QUESTION), ANSWER)
    delivery.post(fair.deps, reply.id)
    ours = str(fair.reply(reply).external_id)
    stop = fair.hear("Please stop.", parent=ours)
    assert "not answered here any more" in stop.note
    mention = fair.hear("Why is my Harbour Reader so slow on Mondays?")
    card = showing.card(fair.deps, mention.id)
    assert card.drafts == ()
    assert "asked us not to reply" in card.handoff_reason
    for more in ({}, {"by_hand": True}, {"override": "I know them."}):
        with pytest.raises(NotAllowed, match=r"booth\.opt_out; see https://booth\.example/rules"):
            fair.approve(mention, "The Harbour team here: it should not be.", by="U0MARA", **more)
    stranger = fair.hear("Why is my own Harbour Reader so quick on Sundays?", author="stranger")
    assert fair.approve(stranger, "The Harbour team here: it likes to rest.").id
    editing.retire(fair.deps, "opted-out-booth-id-reader", by=fair.person("U0MARA"))
    assert fair.approve(mention, "The Harbour team here: it should not be.").id


def test_stopping_is_heard_in_answers_that_are_read_later_too(opened: Opened) -> None:
    fair = opened(opt_out_words=WORDS)
    reply = fair.approve(fair.hear(QUESTION), ANSWER)
    delivery.post(fair.deps, reply.id)
    fair.booth.write("Stop.", parent=fair.reply(reply).external_id)
    fair.clock.advance(minutes=20)
    outcomes.watch(fair.deps, fair.account.id)
    mention = fair.hear("And one more question about the Harbour, if I may")
    with pytest.raises(NotAllowed, match="asked us not to reply"):
        fair.approve(mention, "The Harbour team here: you may.")


def test_stopping_on_one_platform_says_nothing_of_somebody_with_that_name_on_another(opened: Opened) -> None:
    fair = opened(opt_out_words=WORDS)
    reply = fair.approve(fair.hear(QUESTION), ANSWER)
    delivery.post(fair.deps, reply.id)
    fair.hear("Stop.", parent=fair.reply(reply).external_id)
    elsewhere = fair.hear("Is the Harbour Mini sold in blue as well as in green?", booth=fair.stall)
    assert elsewhere.state is MentionState.OPEN
    assert showing.card(fair.deps, elsewhere.id).handoff_reason == ""


def test_people_of_a_platform_that_forbids_it_are_not_matched_with_who_they_are_elsewhere(opened: Opened) -> None:
    fair = opened()
    with pytest.raises(NotAllowed, match=r"booth\.identity_matching; see https://booth\.example/rules"):
        policies.must_allow_matching(fair.deps, "booth")


def test_where_it_is_allowed_people_may_be_matched(opened: Opened) -> None:
    fair = opened(identity_matching_allowed=True)
    policies.must_allow_matching(fair.deps, "booth")
    assert fair.booth.spec.policy.identity_matching_allowed


def test_one_interaction_gets_no_more_replies_than_the_platform_allows(opened: Opened) -> None:
    fair = opened(max_replies_per_interaction=1)
    mention = fair.hear(QUESTION)
    fair.approve(mention, ANSWER)
    with fair.deps.sessions.begin() as session:
        session.get_one(Mention, mention.id).reopen("")
    with pytest.raises(Throttled, match="1"):
        fair.approve(mention, "The Harbour team here, with a second thought.", by="U0MARA", override="It matters.")


def test_an_unlabelled_reply_is_refused_until_an_admin_says_how_it_is_labelled(opened: Opened) -> None:
    fair = opened(label_required=True)
    mention = fair.hear(QUESTION)
    with pytest.raises(Blocked, match=r"booth\.label; see https://booth\.example/rules.*chorus accounts record"):
        fair.approve(mention, ANSWER)
    policies.record(fair.deps, fair.account.id, "label", "(with a program's help)", by=None)
    shown = review.preview(fair.deps, mention.id, by=fair.person(), account_id=fair.account.id, text=ANSWER)
    assert [finding.fix for finding in shown.findings if finding.rule == "booth.label"] == [
        "Add the words “(with a program's help)”."
    ]
    assert fair.approve(mention, f"{ANSWER} (with a program's help)").id


def test_a_label_that_the_platform_shows_itself_is_enough(opened: Opened) -> None:
    fair = opened(label_required=True)
    policies.record(fair.deps, fair.account.id, "labelled_there", "App label, since 31 March", by=None)
    assert fair.approve(fair.hear(QUESTION), ANSWER).id


def test_an_employee_says_for_whom_they_work_even_where_the_pack_does_not_ask(opened: Opened) -> None:
    fair = opened()
    account, mention = fair.connect("ana", "U0ANA"), fair.hear(QUESTION)
    with fair.deps.sessions() as session:
        post = session.get_one(PostRecord, mention.post_id)
        said = list(policies.findings(session, fair.deps, post, account, "Yes, it does."))
        assert [(finding.rule, SOURCE in finding.why) for finding in said] == [("booth.disclosure", True)]
        assert not list(policies.findings(session, fair.deps, post, account, "Yes. I work at Harbour."))
    with pytest.raises(Blocked) as refused:
        fair.approve(mention, "Yes, it does.", account=account)
    assert [finding.rule for finding in refused.value.verdict.blocking if "disclosure" in finding.rule] == [
        "disclosure"
    ]


def test_by_hand_passes_what_is_closed_to_programs_and_nothing_else(opened: Opened) -> None:
    fair = opened()
    mention = fair.hear(QUESTION)
    fair.booth.permission = Handoff("https://booth.example/intent", "booth.summons", "Only people may.", SOURCE)
    with pytest.raises(NotAllowed, match=r"Post it by hand: https://booth\.example/intent \(rule: booth\.summons; see"):
        fair.approve(mention, ANSWER)
    fair.booth.permission = No("booth.closed", "Nobody may.", SOURCE)
    with pytest.raises(NotAllowed, match=r"Nobody may\. \(rule: booth\.closed; see https://booth\.example/rules\)"):
        fair.approve(mention, ANSWER, by_hand=True)
    fair.booth.permission = Handoff("https://booth.example/intent", "booth.summons", "Only people may.", SOURCE)
    assert fair.approve(mention, ANSWER, by_hand=True).id
    with pytest.raises(Conflict):
        fair.approve(mention, ANSWER, by_hand=True)


def test_connecting_an_account_again_keeps_what_was_recorded_about_it(opened: Opened) -> None:
    fair = opened(operator_approval_required=True)
    policies.record(fair.deps, fair.account.id, "platform_approval", "Booth Inc.", by=None)
    fair.connect("harbour", "U0ANA")
    with fair.deps.sessions() as session:
        assert session.get_one(Account, fair.account.id).options == {"platform_approval": "Booth Inc."}
        assert session.scalars(select(Reply)).all() == []
