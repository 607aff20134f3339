"""The Block Kit validator: what Slack takes, what it refuses, and where it points."""

import json
from typing import Any

import pytest
from blockkit_samples import (
    TAKEN_IN_MESSAGES,
    Json,
    actions,
    bars,
    button,
    card,
    cell,
    container,
    data_table,
    field,
    home,
    image,
    modal,
    mrkdwn,
    option,
    pie,
    plain,
    rich_text,
    section,
    select,
    table,
    task,
)
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.demo.slack.blockkit import Problem, text_length, validate, validate_view


def pointers(problems: list[Problem]) -> set[str]:
    return {each.pointer for each in problems}


FIRST = "/blocks/0/elements/0"
REFUSED_IN_MESSAGES: list[tuple[str, Json, str]] = [
    ("text of 3,001", section(text=mrkdwn("t" * 3001)), "/blocks/0/text/text"),
    ("empty text", section(text=mrkdwn("")), "/blocks/0/text/text"),
    ("no text and no fields", {"type": "section"}, "/blocks/0"),
    ("11 fields", {"type": "section", "fields": [mrkdwn()] * 11}, "/blocks/0/fields"),
    ("field of 2,001", {"type": "section", "fields": [mrkdwn("f" * 2001)]}, "/blocks/0/fields/0/text"),
    ("emoji on mrkdwn", section(text=mrkdwn(emoji=True)), "/blocks/0/text/emoji"),
    ("verbatim on plain text", section(text=plain(verbatim=True)), "/blocks/0/text/verbatim"),
    ("mrkdwn header", {"type": "header", "text": mrkdwn()}, "/blocks/0/text/type"),
    ("header of 151", {"type": "header", "text": plain("h" * 151)}, "/blocks/0/text/text"),
    ("unknown block", {"type": "banner"}, "/blocks/0/type"),
    ("no type", {"text": mrkdwn()}, "/blocks/0"),
    ("unknown key", section(colour="red"), "/blocks/0/colour"),
    ("block_id of 256", section(block_id="b" * 256), "/blocks/0/block_id"),
    ("26 elements", actions(*[button(f"a{n}") for n in range(26)]), "/blocks/0/elements"),
    ("no elements", {"type": "actions", "elements": []}, "/blocks/0/elements"),
    ("same action_id twice", actions(button(), button()), "/blocks/0/elements/1/action_id"),
    ("action_id of 256", actions(button("a" * 256)), FIRST + "/action_id"),
    ("button text of 76", actions(button(text=plain("x" * 76))), FIRST + "/text/text"),
    ("mrkdwn button", actions(button(text=mrkdwn())), FIRST + "/text/type"),
    ("button value of 2,001", actions(button(value="v" * 2001)), FIRST + "/value"),
    ("button url of 3,001", actions(button(url="https://h.example/" + "u" * 3000)), FIRST + "/url"),
    ("javascript url", actions(button(url="javascript:alert(1)")), FIRST + "/url"),
    ("default style", actions(button(style="default")), FIRST + "/style"),
    ("101 options", actions(select(options=[option(str(n)) for n in range(101)])), FIRST + "/options"),
    ("no options", actions(select(options=[])), FIRST + "/options"),
    ("option text of 76", actions(select(options=[option(text=plain("x" * 76))])), FIRST + "/options/0/text/text"),
    ("option value of 151", actions(select(options=[option("v" * 151, text=plain())])), FIRST + "/options/0/value"),
    ("mrkdwn option in a select", actions(select(options=[option(text=mrkdwn())])), FIRST + "/options/0/text/type"),
    ("options and groups", actions(select(option_groups=[{"label": plain(), "options": [option()]}])), FIRST),
    ("initial option not offered", actions(select(initial_option=option("z"))), FIRST + "/initial_option"),
    ("same option value twice", actions(select(options=[option(), option()])), FIRST + "/options/1"),
    ("placeholder of 151", actions(select(placeholder=plain("p" * 151))), FIRST + "/placeholder/text"),
    ("6 overflow options", actions({"type": "overflow", "action_id": "o", "options": [option(c) for c in "abcdef"]}),
     FIRST + "/options"),
    ("11 checkboxes", actions({"type": "checkboxes", "action_id": "c", "options": [option(str(n)) for n in range(11)]}),
     FIRST + "/options"),
    ("half a confirmation", actions(button(confirm={"title": plain()})), FIRST + "/confirm"),
    ("text input among actions", actions({"type": "plain_text_input", "action_id": "t"}), FIRST + "/type"),
    ("a date that is none", actions({"type": "datepicker", "action_id": "d", "initial_date": "2026-13-01"}),
     FIRST + "/initial_date"),
    ("11 things in a context", {"type": "context", "elements": [mrkdwn()] * 11}, "/blocks/0/elements"),
    ("button in a context", {"type": "context", "elements": [button()]}, FIRST + "/type"),
    ("image without alt text", image(alt_text=None), "/blocks/0"),
    ("image alt text of 2,001", image(alt_text="a" * 2001), "/blocks/0/alt_text"),
    ("image without source", image(image_url=None), "/blocks/0"),
    ("max_length of 5,000", field({"type": "plain_text_input", "action_id": "t", "max_length": 5000}),
     "/blocks/0/element/max_length"),
    ("min above max", field({"type": "plain_text_input", "action_id": "t", "min_length": 9, "max_length": 3}),
     "/blocks/0/element/min_length"),
    ("label of 2,001", field(label=plain("l" * 2001)), "/blocks/0/label/text"),
    ("button as input", field(button()), "/blocks/0/element/type"),
    ("file input in a message", field({"type": "file_input", "action_id": "f"}), "/blocks/0/element/type"),
    ("file that Slack alone makes", {"type": "file", "external_id": "x", "source": "remote"}, "/blocks/0/type"),
    ("alert in a message", {"type": "alert", "text": mrkdwn()}, "/blocks/0/type"),
    ("empty rich text", {"type": "rich_text", "elements": []}, "/blocks/0/elements"),
    ("unknown rich text part", rich_text({"type": "script", "text": "x"}), FIRST + "/elements/0/type"),
    ("empty text in rich text", rich_text({"type": "text", "text": ""}), FIRST + "/elements/0/text"),
    ("bold preformatted list", {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": []}]},
     FIRST),
    ("markdown of 12,001", {"type": "markdown", "text": "m" * 12_001}, "/blocks/0/text"),
    ("101 rows", table(101), "/blocks/0/rows"),
    ("21 columns", table(1, 21), "/blocks/0/rows/0"),
    ("ragged rows", {"type": "table", "rows": [[cell()], [cell(), cell()]]}, "/blocks/0/rows/1"),
    ("data table without caption", data_table(caption=None), "/blocks/0"),
    ("page size of 101", data_table(page_size=101), "/blocks/0/page_size"),
    ("rich header row", {**data_table(), "rows": [[rich_text()], [cell()]]}, "/blocks/0/rows/0/0/type"),
    ("chart title of 51", {**pie(), "title": "t" * 51}, "/blocks/0/title"),
    ("segment of nothing", pie({"label": "None", "value": 0}), "/blocks/0/chart/segments/0/value"),
    ("segment label of 21", pie({"label": "l" * 21, "value": 1}), "/blocks/0/chart/segments/0/label"),
    ("13 segments", pie(*[{"label": str(n), "value": 1} for n in range(13)]), "/blocks/0/chart/segments"),
    ("labels that are no category", bars(axis_config={"categories": ["Mon", "Wed"]}), "/blocks/0/chart/series/0/data"),
    ("unknown chart", {**pie(), "chart": {"type": "radar"}}, "/blocks/0/chart/type"),
    ("empty card", {"type": "card"}, "/blocks/0"),
    ("card body of 201", card(body=mrkdwn("b" * 201)), "/blocks/0/body/text"),
    ("11 cards", {"type": "carousel", "elements": [card()] * 11}, "/blocks/0/elements"),
    ("no cards", {"type": "carousel", "elements": []}, "/blocks/0/elements"),
    ("11 children", container(*[section()] * 11), "/blocks/0/child_blocks"),
    ("container without title", container(title=None), "/blocks/0"),
    ("container in a container", container(container()), "/blocks/0/child_blocks/0/type"),
    ("collapsed but not collapsible", container(default_collapsed=True), "/blocks/0/default_collapsed"),
    ("bad block in a container", container(section(text=mrkdwn(""))), "/blocks/0/child_blocks/0/text/text"),
    ("unknown task status", task(status="late"), "/blocks/0/status"),
    ("6 context actions", {"type": "context_actions", "elements": [
        {"type": "icon_button", "action_id": str(n), "icon": "trash", "text": plain()} for n in range(6)]},
     "/blocks/0/elements"),
    ("unknown icon", {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "x", "text": plain()}]},
     FIRST + "/icon"),
]  # fmt: skip


@pytest.mark.parametrize("block", TAKEN_IN_MESSAGES, ids=lambda block: block["type"])
def test_a_message_may_hold(block: Json) -> None:
    assert validate([block]) == []


@pytest.mark.parametrize(
    ("block", "pointer"),
    [pytest.param(block, pointer, id=name) for name, block, pointer in REFUSED_IN_MESSAGES],
)
def test_a_message_may_not_hold(block: Json, pointer: str) -> None:
    assert pointer in pointers(validate([block]))


def test_a_message_takes_50_blocks_and_a_view_100() -> None:
    assert validate([section()] * 50) == []
    assert pointers(validate([section()] * 51)) == {"/blocks"}
    assert validate(home(*[section()] * 100)) == []
    assert pointers(validate(home(*[section()] * 101))) == {"/view/blocks"}


def test_blocks_may_not_be_missing_or_something_else() -> None:
    nothings: list[Any] = [[], {}, "text", None, [None], ["section"]]
    assert all(validate(each) for each in nothings)


def test_block_ids_are_unique_even_in_containers() -> None:
    twice = [section(block_id="a"), container(section(block_id="a"))]
    assert pointers(validate(twice)) == {"/blocks/1/child_blocks/0/block_id"}


def test_the_same_action_id_may_stand_in_two_blocks() -> None:
    assert validate([actions(button()), actions(button())]) == []


def test_a_message_holds_one_table_and_two_charts() -> None:
    assert pointers(validate([table(), table()])) == {"/blocks/1"}
    assert validate([pie(), bars()]) == []
    assert pointers(validate([pie(), bars(), pie()])) == {"/blocks/2"}


def test_all_markdown_together_has_12_000_characters() -> None:
    half = {"type": "markdown", "text": "m" * 6_000}
    assert validate([half, half]) == []
    assert pointers(validate([half, half, {"type": "markdown", "text": "m"}])) == {"/blocks/2/text"}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "markdown", "text": "x"},
        table(),
        data_table(),
        pie(),
        {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain()}]},
        container(),
        task(),
        card(),
        {"type": "carousel", "elements": [card()]},
    ],
    ids=lambda block: block["type"],
)
@pytest.mark.parametrize("surface", [modal, home])
def test_what_only_messages_show_is_refused_in_views(block: Json, surface: Any) -> None:
    assert pointers(validate(surface(block))) == {"/view/blocks/0/type"}


def test_an_alert_stands_in_modals_only() -> None:
    alert = {"type": "alert", "text": mrkdwn("Do not sell."), "level": "warning"}
    assert validate(modal(alert)) == []
    assert pointers(validate(home(alert))) == {"/view/blocks/0/type"}
    assert pointers(validate(modal({**alert, "level": "fatal"}))) == {"/view/blocks/0/level"}
    assert pointers(validate(modal({**alert, "text": mrkdwn("x" * 201)}))) == {"/view/blocks/0/text/text"}


def test_a_modal_with_an_input_needs_a_submit() -> None:
    assert validate(modal(field(), submit=None)) == [
        Problem("missing_field", "missing required field: submit", "/view", field="submit")
    ]
    assert validate(modal(section(), submit=None)) == []


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"title": plain("t" * 25)}, "/view/title/text"),
        ({"title": mrkdwn()}, "/view/title/type"),
        ({"title": None}, "/view"),
        ({"submit": plain("s" * 25)}, "/view/submit/text"),
        ({"close": plain("c" * 25)}, "/view/close/text"),
        ({"private_metadata": "m" * 3001}, "/view/private_metadata"),
        ({"callback_id": "c" * 256}, "/view/callback_id"),
        ({"external_id": "e" * 256}, "/view/external_id"),
        ({"blocks": []}, "/view/blocks"),
        ({"blocks": None}, "/view"),
        ({"colour": "red"}, "/view/colour"),
        ({"notify_on_close": "yes"}, "/view/notify_on_close"),
    ],
)
def test_a_modal_is_refused(wrong: Json, pointer: str) -> None:
    assert pointer in pointers(validate(modal(section()) | wrong))


def test_a_view_of_another_kind_is_refused() -> None:
    assert validate_view(home(section()), "modal")
    assert validate_view(modal(section()), "home")
    assert validate_view({"type": "workflow_step", "blocks": [section()]})
    assert validate_view(None)


def test_a_file_input_stands_in_modals() -> None:
    asks = field({"type": "file_input", "action_id": "f", "filetypes": ["png"], "max_files": 10})
    assert validate(modal(asks)) == []
    assert pointers(validate(home(asks))) == {"/view/blocks/0/element/type"}


def test_one_element_takes_the_focus() -> None:
    eager = {"type": "plain_text_input", "action_id": "words", "focus_on_load": True}
    assert validate(modal(field(eager), field())) == []
    assert pointers(validate(modal(field(eager), field(eager)))) == {"/view/blocks/1/element/focus_on_load"}


@pytest.mark.parametrize("block", TAKEN_IN_MESSAGES, ids=lambda block: block["type"])
def test_what_is_taken_slack_sdk_takes_as_well(block: Json) -> None:
    known = Block.parse(json.loads(json.dumps(block)))
    if known is not None:
        known.validate_json()


def test_a_problem_reads_as_slack_writes_it() -> None:
    (problem,) = validate([section(text=mrkdwn("t" * 3001))])
    assert str(problem) == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert problem.as_json() == {
        "code": "failed_constraint",
        "message": "must be less than 3001 characters",
        "pointer": "/blocks/0/text/text",
        "constraint": {"type": "max_length", "expected": 3000},
    }


def test_the_text_of_all_blocks_is_counted() -> None:
    blocks = [section(accessory=button()), {"type": "section", "fields": [mrkdwn("ab")]}, rich_text()]
    assert text_length(blocks) == len("Hello") + len("Go") + 2 + len("quoted <b>")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "options", "blocks", "rows", "chart", "value", "series"]),
            inner | st.sampled_from(["section", "actions", "table", "modal", "input", "rich_text", "mrkdwn", "bar"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(payload=_JSON)
def test_nothing_makes_the_validator_fail(payload: Any) -> None:
    assert all(json.dumps(each.as_json()) for each in validate(payload))
    assert all(str(each) for each in validate([payload]))


@given(block=st.sampled_from(TAKEN_IN_MESSAGES), junk=_JSON, data=st.data())
def test_spoiling_a_good_block_never_makes_the_validator_fail(block: Json, junk: Any, data: st.DataObject) -> None:
    spoiled: Json = json.loads(json.dumps(block))
    at: Any = spoiled
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else list(range(len(at)))))
        if not (isinstance(at[key], dict | list) and at[key]) or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = junk
    validate([spoiled])
