"""The local Slack's Web API refuses what Slack refuses, in Slack's words."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from local_slack_kit import STRICT, Json, SocketApp, app_seed, button, card, client, local_slack, modal, refusal

from bot.demo.slack import LocalSlack, Rates, SeedChannel, SeedPerson


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


def channel(slack: LocalSlack, name: str = "mentions") -> str:
    found = slack.state.channel_named(name)
    assert found is not None
    return str(found["id"])


def test_business_errors_are_200_and_ok_false(slack: LocalSlack) -> None:
    answer = refusal(client(slack).chat_postMessage, channel="C0NOWHERE", text="x")
    assert (answer["status"], answer["ok"], answer["error"]) == (200, False, "channel_not_found")


def test_limits_are_429_with_whole_seconds_to_wait() -> None:
    with local_slack(rates=STRICT) as slack:
        for _ in range(20):
            client(slack).conversations_list()
        answer = refusal(client(slack).conversations_list)
        assert (answer["status"], answer["error"]) == (429, "ratelimited")
        assert 1 <= int(answer["headers"]["Retry-After"]) <= 60


def test_a_channel_takes_one_message_a_second_after_a_short_burst() -> None:
    now = 1_790_000_000.0
    with local_slack(rates=Rates(burst=2), now=lambda: now) as slack:
        api = client(slack)
        for _ in range(2):
            api.chat_postMessage(channel="#mentions", text="x")
        answer = refusal(api.chat_postMessage, channel="#mentions", text="x")
        assert (answer["status"], answer["error"], answer["headers"]["Retry-After"]) == (429, "rate_limited", "1")

        api.chat_postMessage(channel="#general", text="another channel")
        now += 1
        api.chat_postMessage(channel="#mentions", text="x")
        assert refusal(api.chat_postMessage, channel="#mentions", text="x")["error"] == "rate_limited"


def test_each_method_has_the_bucket_of_its_tier() -> None:
    now = 1_790_000_000.0
    with local_slack(rates=Rates(factor=0.1), now=lambda: now) as slack:
        api = client(slack)
        for _ in range(10):
            api.users_info(user="U0ANA0001")
        assert refusal(api.users_info, user="U0ANA0001")["error"] == "ratelimited"
        for _ in range(2):
            api.users_list()
        assert refusal(api.users_list)["error"] == "ratelimited"
        now += 61
        api.users_list()


def test_a_channel_the_bot_is_not_in_is_refused(slack: LocalSlack) -> None:
    slack.state.leave(channel(slack, "general"), slack.app.bot_user_id)
    assert refusal(client(slack).chat_postMessage, channel="#general", text="x")["error"] == "not_in_channel"
    assert refusal(client(slack).conversations_history, channel=channel(slack, "general"))["error"] == "not_in_channel"
    client(slack).conversations_join(channel=channel(slack, "general"))
    client(slack).chat_postMessage(channel="#general", text="x")


def test_private_and_archived_channels_are_refused_in_their_own_way() -> None:
    seed = app_seed()
    secret = SeedChannel(name="board", members=("theo",), is_private=True)
    old = SeedChannel(name="old", apps=("Chorus",), is_archived=True)
    with local_slack(seed=type(seed)(people=seed.people, apps=seed.apps, channels=(secret, old))) as slack:
        api = client(slack)
        assert refusal(api.chat_postMessage, channel=secret.id, text="x")["error"] == "channel_not_found"
        assert refusal(api.conversations_info, channel=secret.id)["error"] == "channel_not_found"
        assert refusal(api.chat_postMessage, channel=old.id, text="x")["error"] == "is_archived"
        assert [each["name"] for each in api.conversations_list(exclude_archived=True)["channels"]] == []


def test_an_ephemeral_message_needs_a_reader_in_the_channel(slack: LocalSlack) -> None:
    api = client(slack)
    for user in ("U0ANA0001", "U0NOBODY1"):
        answer = refusal(api.chat_postEphemeral, channel=channel(slack, "compliance"), user=user, text="x")
        assert answer["error"] == "user_not_in_channel"


def test_a_missing_scope_is_named() -> None:
    with local_slack(seed=app_seed(scopes=("chat:write", "channels:read"))) as slack:
        answer = refusal(client(slack).users_info, user="U0ANA0001")
        assert answer["error"] == "missing_scope"
        assert (answer["needed"], answer["provided"]) == ("users:read", "chat:write,channels:read")
        assert refusal(client(slack).conversations_history, channel=channel(slack))["error"] == "missing_scope"


def test_an_email_address_is_only_shown_with_its_scope() -> None:
    with local_slack(seed=app_seed(scopes=("users:read",))) as slack:
        assert "email" not in client(slack).users_info(user="U0ANA0001")["user"]["profile"]
        assert refusal(client(slack).users_lookupByEmail, email="ana@harbour.example")["error"] == "missing_scope"


def test_a_message_of_nothing_is_no_text(slack: LocalSlack) -> None:
    nothings: list[Json] = [{"text": ""}, {"text": "  "}, {"blocks": []}]
    for nothing in nothings:
        message = {"channel": "#mentions", **nothing}
        assert refusal(client(slack).api_call, api_method="chat.postMessage", json=message)["error"] == "no_text"


def test_bad_blocks_come_back_with_json_pointers(slack: LocalSlack) -> None:
    blocks = card(button("same"), button("same"))
    answer = refusal(client(slack).chat_postMessage, channel="#mentions", text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] action_id 'same' already exists [json-pointer:/blocks/1/elements/1/action_id]"
    ]


def test_blocks_that_are_no_json_list_are_refused(slack: LocalSlack) -> None:
    for blocks in ("{", '{"type": "section"}'):
        answer = refusal(
            client(slack).api_call, api_method="chat.postMessage", json={"channel": "#mentions", "blocks": blocks}
        )
        assert answer["error"] == "invalid_blocks_format"


def test_all_blocks_together_may_be_too_long(slack: LocalSlack) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "t" * 2400}}
    client(slack).chat_postMessage(channel="#mentions", text="x", blocks=[section] * 4)
    answer = refusal(client(slack).chat_postMessage, channel="#mentions", text="x", blocks=[section] * 5)
    assert answer["error"] == "msg_blocks_too_long"


def test_an_update_takes_4_000_characters_and_a_post_cuts_at_40_000(slack: LocalSlack) -> None:
    api = client(slack)
    posted = api.chat_postMessage(channel="#mentions", text="x" * 40_001)
    assert posted["warning"] == "message_truncated"
    assert len(posted["message"]["text"]) == 40_000
    answer = refusal(api.chat_update, channel=posted["channel"], ts=posted["ts"], text="x" * 4_001)
    assert answer["error"] == "msg_too_long"


def test_an_update_keeps_the_blocks_it_does_not_mention(slack: LocalSlack) -> None:
    api = client(slack)
    posted = api.chat_postMessage(channel="#mentions", text="x", blocks=card())
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    assert "blocks" in api.chat_update(**where, text="y")["message"]
    assert "blocks" not in api.chat_update(**where, text="y", blocks=[])["message"]


def test_markdown_text_excludes_text_and_blocks(slack: LocalSlack) -> None:
    api = client(slack)
    api.chat_postMessage(channel="#mentions", markdown_text="**x**")
    answer = refusal(api.chat_postMessage, channel="#mentions", markdown_text="**x**", text="x")
    assert answer["error"] == "markdown_text_conflict"


def test_metadata_is_only_shown_to_who_asks_for_it(slack: LocalSlack) -> None:
    api = client(slack)
    metadata = {"event_type": "mention", "event_payload": {"id": 7}}
    api.chat_postMessage(channel="#mentions", text="x", metadata=metadata)
    assert "metadata" not in api.conversations_history(channel=channel(slack))["messages"][0]
    shown = api.conversations_history(channel=channel(slack), include_all_metadata=True)["messages"][0]
    assert shown["metadata"] == metadata


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "mention"}, "invalid_metadata_schema"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "m", "event_payload": {"x": "y" * 9_000}}, "metadata_too_large"),
    ],
)
def test_bad_metadata_is_refused(slack: LocalSlack, metadata: Json, error: str) -> None:
    assert refusal(client(slack).chat_postMessage, channel="#mentions", text="x", metadata=metadata)["error"] == error


def test_an_ephemeral_message_is_never_in_history_nor_changed(slack: LocalSlack) -> None:
    api = client(slack)
    sent = api.chat_postEphemeral(channel=channel(slack), user="U0ANA0001", text="Only you")
    assert api.conversations_history(channel=channel(slack))["messages"] == []
    assert [each["is_ephemeral"] for each in slack.person("ana").messages("#mentions")] == [True]
    assert slack.person("ben").messages("#mentions") == []
    for call, more in ((api.chat_update, {"text": "y"}), (api.chat_delete, {})):
        answer = refusal(call, channel=channel(slack), ts=sent["message_ts"], **more)
        assert answer["error"] == "message_not_found"


def test_unknown_missing_and_revoked_tokens_are_refused(slack: LocalSlack) -> None:
    assert refusal(client(slack, "xoxb-wrong").auth_test)["error"] == "invalid_auth"
    assert httpx.post(f"{slack.api_url}auth.test").json() == {"ok": False, "error": "not_authed"}
    assert refusal(client(slack, slack.app_token).chat_postMessage, channel="#mentions", text="x")["error"] == (
        "not_allowed_token_type"
    )
    assert refusal(client(slack).apps_connections_open, app_token=slack.bot_token)["error"] == "not_allowed_token_type"
    client(slack).auth_revoke()
    assert refusal(client(slack).auth_test)["error"] == "token_revoked"


def test_an_unknown_method_is_named(slack: LocalSlack) -> None:
    answer = refusal(client(slack).api_call, api_method="chat.shout")
    assert (answer["error"], answer["req_method"]) == ("unknown_method", "chat.shout")


def test_the_bot_hears_its_own_messages(slack: LocalSlack) -> None:
    with SocketApp(slack) as app:
        posted = client(slack).chat_postMessage(channel="#mentions", text="x")
        event = app.wait_for_event(type="message", ts=posted["ts"])
        assert (event["bot_id"], event["channel_type"]) == (slack.app.bot_id, "channel")
        client(slack).chat_update(channel=posted["channel"], ts=posted["ts"], text="y")
        changed = app.wait_for_event(type="message", subtype="message_changed")
        assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("y", "x")
        client(slack).chat_delete(channel=posted["channel"], ts=posted["ts"])
        assert app.wait_for_event(subtype="message_deleted")["deleted_ts"] == posted["ts"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("&lt;!channel&gt; &amp; co", "&lt;!channel&gt; &amp; co"),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("<https://x.example|x> <@U0ANA0001> <!here>", "<https://x.example|x> <@U0ANA0001> <!here>"),
        ("&amp;lt;", "&amp;lt;"),
    ],
)
def test_what_is_escaped_is_not_escaped_twice(slack: LocalSlack, sent: str, stored: str) -> None:
    posted = client(slack).chat_postMessage(channel="#mentions", text=sent, blocks=card(text=sent))
    assert posted["message"]["text"] == stored
    assert posted["message"]["blocks"][0]["text"]["text"] == stored


def test_only_the_own_messages_can_be_changed(slack: LocalSlack) -> None:
    said = slack.person("ana").say("#mentions", "hello")
    where = {"channel": channel(slack), "ts": said["ts"]}
    assert refusal(client(slack).chat_update, **where, text="x")["error"] == "cant_update_message"
    assert refusal(client(slack).chat_delete, **where)["error"] == "cant_delete_message"


def test_rich_text_cannot_become_another_kind_of_block(slack: LocalSlack) -> None:
    rich = [
        {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": "x"}]}]}
    ]
    posted = client(slack).chat_postMessage(channel="#mentions", text="x", blocks=rich)
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    assert refusal(client(slack).chat_update, **where, text="x", blocks=card())["error"] == "block_mismatch"


def test_threads_count_their_replies_and_history_leaves_them_out(slack: LocalSlack) -> None:
    api = client(slack)
    parent = api.chat_postMessage(channel="#mentions", text="parent")
    for number in range(3):
        api.chat_postMessage(channel="#mentions", text=str(number), thread_ts=parent["ts"])
    api.chat_postMessage(channel="#mentions", text="loud", thread_ts=parent["ts"], reply_broadcast=True)
    history = api.conversations_history(channel=channel(slack))["messages"]
    assert [each["text"] for each in history] == ["loud", "parent"]
    assert (history[1]["reply_count"], history[1]["thread_ts"]) == (4, parent["ts"])
    replies = api.conversations_replies(channel=channel(slack), ts=parent["ts"])["messages"]
    assert [each["text"] for each in replies] == ["parent", "0", "1", "2", "loud"]
    answer = refusal(api.chat_postMessage, channel="#mentions", text="x", thread_ts="1700000000.000001")
    assert answer["error"] == "thread_not_found"


def test_history_is_read_page_by_page_and_between_times(slack: LocalSlack) -> None:
    api = client(slack)
    stamps = [api.chat_postMessage(channel="#mentions", text=str(number))["ts"] for number in range(5)]
    pages = [
        [each["text"] for each in page["messages"]]
        for page in api.conversations_history(channel=channel(slack), limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    between = api.conversations_history(channel=channel(slack), oldest=stamps[1], latest=stamps[3])["messages"]
    assert [each["text"] for each in between] == ["2"]
    within = api.conversations_history(channel=channel(slack), oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [each["text"] for each in within["messages"]] == ["3", "2", "1"]


def test_lists_are_paged_with_cursors(slack: LocalSlack) -> None:
    names = [each["name"] for page in client(slack).conversations_list(limit=2) for each in page["channels"]]
    assert sorted(names) == ["chorus-ops", "compliance", "general", "mentions", "mentions-reddit"]
    people = client(slack).users_list(limit=100)["members"]
    assert {each["name"] for each in people} == {"ana", "ben", "mara", "ruth", "theo", "chorus"}
    assert client(slack).users_lookupByEmail(email="Mara@harbour.example")["user"]["id"] == "U0MARA001"
    members = client(slack).conversations_members(channel=channel(slack, "compliance"))["members"]
    assert members == sorted(["U0MARA001", "U0RUTH001", "U0THEO001", slack.app.bot_user_id])


def test_user_groups_and_their_members_are_listed(slack: LocalSlack) -> None:
    groups = {each["handle"]: each["id"] for each in client(slack).usergroups_list()["usergroups"]}
    assert client(slack).usergroups_users_list(usergroup=groups["reviewers"])["users"] == ["U0RUTH001"]


def test_direct_messages_are_opened_and_written_in(slack: LocalSlack) -> None:
    opened = client(slack).conversations_open(users="U0ANA0001")["channel"]["id"]
    posted = client(slack).chat_postMessage(channel="U0ANA0001", text="Hello")
    assert posted["channel"] == opened
    assert slack.person("ana").last(opened)["text"] == "Hello"
    assert client(slack).conversations_open(users="U0ANA0001")["already_open"]


def test_a_message_is_scheduled_posted_and_another_taken_back() -> None:
    now = 1_790_000_000.0
    with local_slack(now=lambda: now) as slack:
        api = client(slack)
        first = api.chat_scheduleMessage(channel="#mentions", text="later", post_at=int(now) + 60)
        second = api.chat_scheduleMessage(channel="#mentions", text="never", post_at=int(now) + 60)
        api.chat_deleteScheduledMessage(channel=channel(slack), scheduled_message_id=second["scheduled_message_id"])
        listed = api.chat_scheduledMessages_list()["scheduled_messages"]
        assert [each["id"] for each in listed] == [first["scheduled_message_id"]]
        assert refusal(api.chat_scheduleMessage, channel="#mentions", text="x", post_at=1)["error"] == "time_in_past"
        now += 61
        assert slack.person("ana").wait_for_message("#mentions", "later")


def test_reactions_come_and_go_and_are_told(slack: LocalSlack) -> None:
    posted = client(slack).chat_postMessage(channel="#mentions", text="x")
    where = {"channel": posted["channel"], "timestamp": posted["ts"]}
    with SocketApp(slack) as app:
        slack.person("ana").react(slack.person("ana").last("#mentions"), "eyes")
        event = app.wait_for_event(type="reaction_added", user="U0ANA0001", reaction="eyes")
        assert event["item"] == {"type": "message", "channel": posted["channel"], "ts": posted["ts"]}
    client(slack).reactions_add(**where, name="eyes")
    assert refusal(client(slack).reactions_add, **where, name="eyes")["error"] == "already_reacted"
    message = client(slack).reactions_get(**where)["message"]
    assert message["reactions"] == [{"name": "eyes", "users": ["U0ANA0001", slack.app.bot_user_id], "count": 2}]
    client(slack).reactions_remove(**where, name="eyes")
    assert refusal(client(slack).reactions_remove, **where, name="eyes")["error"] == "no_reaction"


def test_blocks_can_be_validated_without_posting_them(slack: LocalSlack) -> None:
    api = client(slack)
    assert api.blocks_validate(blocks=card())["ok"]
    assert api.blocks_validate(view=modal())["ok"]
    assert api.blocks_validate(message={"blocks": card()})["ok"]
    answer = refusal(api.blocks_validate, blocks=[{"type": "section"}])
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"][0]["pointer"] == "/0"
    assert set(answer["errors"][0]) == {"code", "message", "pointer", "constraint"}
    wrong = refusal(api.blocks_validate, view={**modal(), "submit": None})
    assert (wrong["error"], wrong["errors"][0]["field"]) == ("invalid_view", "submit")
    assert refusal(api.blocks_validate)["error"] == "invalid_arguments"


def test_a_deactivated_person_has_no_client_and_no_address() -> None:
    seed = app_seed()
    people = (*seed.people, SeedPerson(name="gone", real_name="Gone", is_deactivated=True))
    with local_slack(seed=type(seed)(people=people, channels=seed.channels, apps=seed.apps)) as slack:
        api = client(slack)
        assert api.users_info(user="U0GONE001")["user"]["deleted"]
        assert refusal(api.users_lookupByEmail, email="gone@harbour.example")["error"] == "users_not_found"
        ephemeral: Any = {"channel": channel(slack), "user": "U0GONE001", "text": "x"}
        assert refusal(api.chat_postEphemeral, **ephemeral)["error"] == "user_not_in_channel"
