"""What is asked of connectors that speak plain HTTP, on a line that lies: subclass `LyingLine` in a test module."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import (
    Call,
    Condition,
    Connector,
    ConnectorError,
    Fault,
    Followed,
    Post,
    Posted,
    Rejected,
    ReplyIntent,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Trouble

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

OTHER_SHAPES = ["[]", "null", "7", '"x"', "{", '{"items":', "[" * 5_000, "<html>Welcome!</html>", "", "\x00"]
UNSAFE = ["http://x.example", "ftp://127.0.0.1", "https://user@x.example", "", "https://", "http://[::1", "x.example"]


class LyingLine:
    """`page` is a real answer to `followed`, `error` a refusal in the platform's shape, `read_first` what a reply is
    answered before it is sent, where the connector looks first."""

    connector: Connector
    call: Call
    followed: Followed
    parent: Post
    page: Any
    error: Any
    read_first: tuple[Any, ...] = ()

    @pytest.fixture
    def line(self) -> Iterator[FaultProxy]:
        with FaultProxy("http://127.0.0.1:9") as running:
            yield running

    def at(self, line: FaultProxy) -> Call:
        return replace(self.call, base_url=line.url)

    def intent(self) -> ReplyIntent:
        return ReplyIntent(uuid4(), "key", self.parent, "It lasts twelve hours.", NOW)

    def reply(self, line: FaultProxy, trouble: Trouble) -> Any:
        for body in self.read_first:
            line.next_answer(Trouble(status=200, body=json.dumps(body)), to_write=False)
        line.next_answer(trouble)
        return self.connector.reply(self.at(line), self.intent())

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_to_another_host_is_refused(self, line: FaultProxy, status: int) -> None:
        with FaultProxy("http://127.0.0.1:9") as elsewhere:
            away = Trouble(status=status, headers={"Location": f"{elsewhere.url}/x"})
            line.next_answer(away, to_write=False)
            with pytest.raises(ConnectorError):
                self.connector.fetch(self.at(line), self.followed, None)
            assert isinstance(self.reply(line, away), Unknown if status == 303 else Rejected)
            assert elsewhere.seen == []

    @pytest.mark.parametrize("base", UNSAFE)
    def test_no_token_leaves_for_an_address_that_is_not_safe(self, base: str) -> None:
        call = replace(self.call, base_url=base)
        outcome = self.connector.reply(call, self.intent())
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.INVALID
        assert self.connector.check(call).condition is Condition.DOWN

    @pytest.mark.parametrize("body", OTHER_SHAPES)
    def test_an_answer_of_another_shape_is_a_passing_fault_and_a_write_in_doubt(
        self, line: FaultProxy, body: str
    ) -> None:
        line.next_answer(Trouble(status=200, body=body), to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            self.connector.fetch(self.at(line), self.followed, None)
        assert refusal.value.fault is Fault.TRANSIENT
        assert isinstance(self.reply(line, Trouble(status=200, body=body)), Unknown)

    def test_an_error_that_says_200_is_an_error(self, line: FaultProxy) -> None:
        told = Trouble(status=200, body=json.dumps(self.error))
        line.next_answer(told, to_write=False)
        with pytest.raises(ConnectorError):
            self.connector.fetch(self.at(line), self.followed, None)
        assert not isinstance(self.reply(line, told), Posted)

    def test_a_rate_limit_without_a_word_still_says_when_to_come_back(self, line: FaultProxy) -> None:
        line.next_answer(Trouble(status=429, body="slow down"), to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            self.connector.fetch(self.at(line), self.followed, None)
        assert refusal.value.fault is Fault.RATE_LIMITED
        assert refusal.value.retry_at is not None
        assert refusal.value.retry_at > NOW

    def test_a_firewalls_page_deletes_nothing(self, line: FaultProxy) -> None:
        line.next_answer(Trouble(status=404, body="<html>Blocked</html>"), to_write=False)
        with pytest.raises(ConnectorError):
            self.connector.refresh(self.at(line), (self.parent.id,))

    def test_a_page_that_was_mutated_is_read_or_refused_and_its_cursor_is_json(self) -> None:
        @settings(deadline=None, max_examples=40)
        @given(path=st.sampled_from(list(places(self.page))), hostile=HOSTILE, removed=st.booleans())
        def is_read_or_refused(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
            body = json.dumps(mutated(self.page, path, hostile, removed))
            with FaultProxy("http://127.0.0.1:9") as lying:
                lying.next_answer(Trouble(status=200, body=body), to_write=False)
                cursor = None
                with suppress(ConnectorError):
                    cursor = self.connector.fetch(self.at(lying), self.followed, None).cursor
                assert cursor is None or isinstance(json.loads(cursor), dict)

        is_read_or_refused()

    def test_any_receipt_is_taken_or_left_in_doubt(self) -> None:
        @settings(deadline=None, max_examples=40)
        @given(body=HOSTILE)
        def is_taken_or_left(body: Any) -> None:
            with FaultProxy("http://127.0.0.1:9") as lying:
                outcome = self.reply(lying, Trouble(status=200, body=json.dumps(body)))
            assert isinstance(outcome, Posted | Rejected | Unknown)

        is_taken_or_left()
