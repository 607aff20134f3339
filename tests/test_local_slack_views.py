"""Modals and Homes of the local Slack: triggers, stacks, hashes, and what happens to what people typed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from local_slack_kit import Json, SocketApp, app_seed, button, card, client, local_slack, modal, refusal, words

from bot.demo.slack import LocalSlack, PersonError


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack(clock: Clock) -> Iterator[LocalSlack]:
    with local_slack(now=clock) as running:
        yield running


@pytest.fixture
def app(slack: LocalSlack) -> Iterator[SocketApp]:
    with SocketApp(slack) as running:
        yield running


def trigger(slack: LocalSlack, app: SocketApp, name: str = "ana") -> str:
    """A fresh trigger id, from a global shortcut."""
    slack.person(name).shortcut("look")
    return str(app.interactions[-1]["trigger_id"])


def opened(slack: LocalSlack, app: SocketApp, view: Json, name: str = "ana") -> Json:
    found: Json = client(slack).views_open(trigger_id=trigger(slack, app, name), view=view)["view"]
    return found


def pushed(slack: LocalSlack, app: SocketApp, name: str = "ana") -> Callable[..., Json]:
    """A way to push that first clicks the button of the modal on top."""

    def push(view: Json) -> Json:
        person = slack.person(name)
        person.click(person.modal(), "more")
        found: Json = client(slack).views_push(trigger_id=app.interactions[-1]["trigger_id"], view=view)["view"]
        return found

    return push


def with_button(title: str = "Reply") -> Json:
    return modal(words(), {"type": "actions", "elements": [button("more")]}, title=title)


def test_a_trigger_lasts_three_seconds(slack: LocalSlack, app: SocketApp, clock: Clock) -> None:
    key = trigger(slack, app)
    clock.now += 3.1
    assert refusal(client(slack).views_open, trigger_id=key, view=modal())["error"] == "expired_trigger_id"


def test_a_trigger_works_once(slack: LocalSlack, app: SocketApp) -> None:
    key = trigger(slack, app)
    client(slack).views_open(trigger_id=key, view=modal())
    assert refusal(client(slack).views_open, trigger_id=key, view=modal())["error"] == "exchanged_trigger_id"


def test_a_made_up_trigger_is_invalid(slack: LocalSlack) -> None:
    assert refusal(client(slack).views_open, trigger_id="1.2.abc", view=modal())["error"] == "invalid_trigger_id"


def test_a_trigger_survives_a_refused_view(slack: LocalSlack, app: SocketApp) -> None:
    key = trigger(slack, app)
    bad = modal(title="A title that is longer than it may be")
    answer = refusal(client(slack).views_open, trigger_id=key, view=bad)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    client(slack).views_open(trigger_id=key, view=modal())


def test_three_modals_are_a_full_stack(slack: LocalSlack, app: SocketApp) -> None:
    first = opened(slack, app, with_button("One"))
    push = pushed(slack, app)
    second = push(with_button("Two"))
    third = push(with_button("Three"))
    assert [each["root_view_id"] for each in (first, second, third)] == [first["id"]] * 3
    assert third["previous_view_id"] == second["id"]
    slack.person("ana").click(slack.person("ana").modal(), "more")
    answer = refusal(client(slack).views_push, trigger_id=app.interactions[-1]["trigger_id"], view=modal())
    assert answer["error"] == "push_limit_reached"
    slack.person("ana").close()
    assert slack.person("ana").modal()["id"] == second["id"]


def test_a_push_needs_a_trigger_from_a_modal(slack: LocalSlack, app: SocketApp) -> None:
    opened(slack, app, with_button())
    answer = refusal(client(slack).views_push, trigger_id=trigger(slack, app), view=modal())
    assert answer["error"] == "invalid_trigger_id"


def test_a_stale_hash_is_a_conflict(slack: LocalSlack, app: SocketApp) -> None:
    view = opened(slack, app, modal())
    client(slack).views_update(view_id=view["id"], hash=view["hash"], view=modal(title="New"))
    answer = refusal(client(slack).views_update, view_id=view["id"], hash=view["hash"], view=modal())
    assert answer["error"] == "hash_conflict"
    published = client(slack).views_publish(user_id="U0ANA0001", view={"type": "home", "blocks": card()})["view"]
    client(slack).views_publish(user_id="U0ANA0001", view={"type": "home", "blocks": card()}, hash=published["hash"])
    again = {"user_id": "U0ANA0001", "view": {"type": "home", "blocks": card()}, "hash": published["hash"]}
    assert refusal(client(slack).views_publish, **again)["error"] == "hash_conflict"


def test_a_view_of_more_than_250_kilobytes_is_too_large(slack: LocalSlack, app: SocketApp) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "t" * 3000}}
    answer = refusal(client(slack).views_open, trigger_id=trigger(slack, app), view=modal(*[section] * 84))
    assert answer["error"] == "view_too_large"


def test_a_modal_with_an_input_needs_a_submit(slack: LocalSlack, app: SocketApp) -> None:
    view = {**modal(), "submit": None}
    answer = refusal(client(slack).views_open, trigger_id=trigger(slack, app), view=view)
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: submit [json-pointer:/view]"]


def test_the_id_of_a_view_stays_and_its_hash_does_not(slack: LocalSlack, app: SocketApp) -> None:
    view = opened(slack, app, modal())
    changed = client(slack).views_update(view_id=view["id"], view=modal(title="New"))["view"]
    assert changed["id"] == view["id"]
    assert changed["hash"] != view["hash"]
    assert slack.person("ana").modal()["title"]["text"] == "New"


def test_what_was_typed_stays_only_where_both_ids_stay(slack: LocalSlack, app: SocketApp) -> None:
    both = modal(words("a", block_id="x"), words("b", block_id="y"), {"type": "actions", "elements": [button("more")]})
    view = opened(slack, app, both)
    typed = {"x": {"a": {"value": "kept"}}, "y": {"b": {"value": "lost"}}}
    slack.person("ana").click(view, "more", state=typed)
    assert app.interactions[-1]["view"]["state"]["values"]["y"]["b"] == {"type": "plain_text_input", "value": "lost"}
    renamed = modal(words("a", block_id="x"), words("b2", block_id="y"))
    values = client(slack).views_update(view_id=view["id"], view=renamed)["view"]["state"]["values"]
    assert values["x"]["a"]["value"] == "kept"
    assert values["y"] == {"b2": {"type": "plain_text_input", "value": None}}


def test_untouched_initial_values_are_submitted(slack: LocalSlack, app: SocketApp) -> None:
    options = [{"text": {"type": "plain_text", "text": each}, "value": each} for each in ("a", "b")]
    label = {"type": "plain_text", "text": "Pick"}
    pick = {"type": "static_select", "action_id": "pick", "options": options, "initial_option": options[1]}
    boxes = {"type": "checkboxes", "action_id": "boxes", "options": options}
    blocks = [
        words(initial_value="as it was"),
        {"type": "input", "block_id": "p", "label": label, "element": pick},
        {"type": "input", "block_id": "c", "label": label, "element": boxes, "optional": True},
        {"type": "section", "block_id": "s", "text": label, "accessory": {"type": "users_select", "action_id": "who"}},
    ]
    opened(slack, app, modal(*blocks))
    slack.person("ana").submit()
    values = app.interactions[-1]["view"]["state"]["values"]
    assert values["text"]["words"]["value"] == "as it was"
    assert values["p"]["pick"]["selected_option"]["value"] == "b"
    assert values["c"]["boxes"] == {"type": "checkboxes", "selected_options": []}
    assert values["s"]["who"] == {"type": "users_select", "selected_user": None}
    assert slack.person("ana").views() == []


def test_slack_itself_refuses_what_the_inputs_do_not_allow(slack: LocalSlack, app: SocketApp) -> None:
    number = {"type": "number_input", "action_id": "n", "is_decimal_allowed": False, "max_value": "5"}
    count = {"type": "input", "block_id": "count", "label": {"type": "plain_text", "text": "N"}, "element": number}
    opened(slack, app, modal(words(max_length=5, min_length=2), count))
    before = len(app.interactions)
    for values, errors in (
        ({"n": "3"}, {"text": "Please complete this required field."}),
        ({"words": "too long", "n": "3"}, {"text": "Enter at most 5 characters."}),
        ({"words": "x", "n": "9"}, {"text": "Enter at least 2 characters.", "count": "Enter 5 or less."}),
        ({"words": "fine", "n": "1.5"}, {"count": "Enter a whole number."}),
    ):
        with pytest.raises(PersonError) as refused:
            slack.person("ana").submit(**{"words": "", **values})
        assert refused.value.details["errors"] == errors
    assert len(app.interactions) == before
    slack.person("ana").submit(words="fine", n="5")
    assert len(app.interactions) == before + 1


def test_each_person_has_their_own_stack(slack: LocalSlack, app: SocketApp) -> None:
    opened(slack, app, modal(title="Ana's"), "ana")
    opened(slack, app, modal(title="Ben's"), "ben")
    assert [each["title"]["text"] for each in slack.person("ana").views()] == ["Ana's"]
    assert [each["title"]["text"] for each in slack.person("ben").views()] == ["Ben's"]
    slack.person("ana").close()
    assert len(slack.person("ben").views()) == 1


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        (None, ["One"]),
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": modal(title="New")}, ["One", "New"]),
        ({"response_action": "push", "view": modal(title="Three")}, ["One", "Two", "Three"]),
    ],
    ids=["close", "clear", "update", "push"],
)
def test_a_submission_closes_clears_updates_or_pushes(slack: LocalSlack, answer: Any, titles: list[str]) -> None:
    with SocketApp(slack, lambda payload: answer if payload["type"] == "view_submission" else None) as app:
        opened(slack, app, with_button("One"))
        pushed(slack, app)(with_button("Two"))
        slack.person("ana").submit(words="x")
        assert [each["title"]["text"] for each in slack.person("ana").views()] == titles


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "No."}},
        {"response_action": "errors"},
        {"response_action": "update", "view": modal(title="A title that is longer than it may be")},
        {"response_action": "update"},
        {"response_action": "dance"},
    ],
)
def test_an_answer_that_slack_refuses_is_shown_as_such(slack: LocalSlack, answer: Json) -> None:
    with SocketApp(slack, lambda payload: answer if payload["type"] == "view_submission" else None) as app:
        opened(slack, app, modal())
        with pytest.raises(PersonError) as refused:
            slack.person("ana").submit(words="x")
        assert refused.value.code == "bad_response"
        assert len(slack.person("ana").views()) == 1


def test_closing_is_told_only_when_asked_for(slack: LocalSlack, app: SocketApp) -> None:
    opened(slack, app, modal())
    before = len(app.interactions)
    slack.person("ana").close()
    assert len(app.interactions) == before
    opened(slack, app, modal(notify_on_close=True, callback_id="reply"))
    slack.person("ana").close(everything=True)
    closed = app.interactions[-1]
    assert (closed["type"], closed["is_cleared"], closed["view"]["callback_id"]) == ("view_closed", True, "reply")


def test_a_view_is_found_by_its_external_id_which_is_unique(slack: LocalSlack, app: SocketApp) -> None:
    view = opened(slack, app, modal(external_id="mine"))
    answer = refusal(client(slack).views_open, trigger_id=trigger(slack, app, "ben"), view=modal(external_id="mine"))
    assert answer["error"] == "duplicate_external_id"
    changed = client(slack).views_update(external_id="mine", view=modal(external_id="mine", title="New"))["view"]
    assert changed["id"] == view["id"]
    assert refusal(client(slack).views_update, view_id="V0GONE", view=modal())["error"] == "not_found"


def test_a_home_is_published_clicked_and_keeps_its_state(slack: LocalSlack, app: SocketApp) -> None:
    options = [{"text": {"type": "plain_text", "text": each}, "value": each} for each in ("a", "b")]
    pick = {"type": "static_select", "action_id": "pick", "options": options}
    home = {"type": "home", "private_metadata": "p", "blocks": card(button(value="7"), pick)}
    ana = slack.person("ana")
    ana.open_home()
    opening = app.wait_for_event(type="app_home_opened")
    assert (opening["tab"], opening["user"], opening["channel"][0]) == ("home", ana.id, "D")
    client(slack).views_publish(user_id=ana.id, view=home)
    ana.choose(ana.home() or {}, "pick", "b")
    ana.click(ana.home() or {}, "go")
    payload = app.interactions[-1]
    assert payload["container"] == {"type": "view", "view_id": payload["view"]["id"]}
    assert payload["view"]["state"]["values"]["row"]["pick"]["selected_option"]["value"] == "b"
    assert payload["actions"][0]["value"] == "7"
    ana.open_home()
    assert app.wait_for(lambda: [each for each in app.events if "view" in each])[0]["view"]["private_metadata"] == "p"
    assert slack.person("ben").home() is None


def test_a_home_that_is_off_is_not_enabled() -> None:
    with local_slack(seed=app_seed(home=False)) as slack:
        view = {"type": "home", "blocks": card()}
        assert refusal(client(slack).views_publish, user_id="U0ANA0001", view=view)["error"] == "not_enabled"
        with pytest.raises(PersonError, match="no Home tab"):
            slack.person("ana").open_home()


def test_a_home_survives_a_restart(tmp_path: Any) -> None:
    path = tmp_path / "workspace.db"
    with local_slack(path=path) as slack:
        client(slack).views_publish(user_id="U0ANA0001", view={"type": "home", "blocks": card()})
        client(slack).chat_postMessage(channel="#mentions", text="kept")
    with local_slack(path=path) as slack:
        ana = slack.person("ana")
        assert ana.home() is not None
        assert ana.last("#mentions")["text"] == "kept"
        assert (
            client(slack).chat_postMessage(channel="#mentions", text="new")["ts"] > ana.messages("#mentions")[0]["ts"]
        )
