"""One exchange with Meta's Graph API: where it lives, who asks, how its lists are paged.

The token travels in a header and nowhere else. A list is paged by the cursor alone, on the address we know: the `next`
that Meta sends is looked at, never followed.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

from connectors._graph_errors import USUAL_WINDOW, WORDS, allowance, error_in, said, waits
from connectors._line import Answer, NoAnswer, checked_address, checked_home, checked_secret
from connectors._reading import Json, list_of, member, optional_id, text_in
from connectors._wire import Request, Wire
from connectors.base import (
    Allowance,
    Call,
    ConnectorError,
    Fault,
    Posted,
    PostState,
    PostStatus,
    Receipt,
    Rejected,
    Unknown,
)

VERSION = "v25.0"
"""The version that Facebook and Instagram are asked in, unless the account's options name a later one."""

VERSION_OPTION = f"The version of the Graph API, when it shall be another than {VERSION}."

_VERSION = re.compile(r"v\d{1,3}\.\d{1,2}")
_PAGED_BY = frozenset({"after", "until", "since", "__paging_token", "offset"})


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list brought. `whole` is false when there was more than we wanted to read."""

    rows: list[Json]
    whole: bool
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """One platform on the Graph API. `version` is asked for unless the account's options name another."""

    wire: Wire
    version: str = VERSION

    @classmethod
    def of(cls, title: str, version: str = VERSION) -> "Graph":
        return cls(Wire(title, words=WORDS, said=said, waits=waits, window=USUAL_WINDOW), version)

    def read(self, call: Call, path: str, params: Mapping[str, str]) -> Answer:
        """Ask for one node or one page of a list; raises `ConnectorError`, also for an error that says 200."""
        try:
            answer = self.wire.ask(call, self._request(call, "GET", path, params))
            if error_in(answer.body):
                raise self.wire.error(answer, call)
        except ConnectorError as error:
            if error.fault is Fault.UNKNOWN_OUTCOME:
                raise ConnectorError(Fault.TRANSIENT, error.detail, retry_at=error.retry_at) from error
            raise
        return answer

    def write(
        self, call: Call, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> Answer | Rejected | Unknown:
        """Send one write: the answer when it is a success, else what is known of it."""
        try:
            request = self._request(call, method, path, {}, form)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        outcome = self.wire.write(call, request)
        if isinstance(outcome, Answer) and error_in(outcome.body):
            outcome = self.wire.refusal(outcome, call)
        if isinstance(outcome, Rejected) and outcome.fault is Fault.UNKNOWN_OUTCOME:
            return Unknown(outcome.detail)
        return outcome

    def change(
        self, call: Call, post_id: str, method: str, form: Mapping[str, str] | None = None
    ) -> Posted | Rejected | Unknown:
        """Change a post in one write, after which Meta says no more than that it was done."""
        try:
            answer = self.write(call, method, node(post_id), form)
        except ConnectorError as error:
            return Rejected(error.fault, error.detail)
        if isinstance(answer, Answer) and member(answer.body, "success") is not True:
            return Unknown(f"{self.wire.title} answered {answer.status}, but did not say that it was done.")
        return answer if isinstance(answer, Rejected | Unknown) else Posted(Receipt(post_id))

    def remove(self, call: Call, post_id: str, state: Callable[[], PostState]) -> Posted | Rejected | Unknown:
        """Delete a post. What is gone is refused with the same words as what is not ours, so that is read up."""
        outcome = self.change(call, post_id, "DELETE")
        if not isinstance(outcome, Rejected) or outcome.fault is not Fault.GONE:
            return outcome
        try:
            is_gone = state().status is PostStatus.DELETED
        except ConnectorError as error:
            return Rejected(error.fault, error.detail, error.retry_at)
        return Posted(Receipt(post_id)) if is_gone else outcome

    def listed(self, call: Call, path: str, params: Mapping[str, str], *, most_pages: int) -> Listing:
        """Read a list to its end, or so many pages of it; raises `ConnectorError`."""
        answer = self.read(call, path, params)
        rows, further = rows_in(answer.body), self.further(call, answer.body)
        seen = {tuple(sorted(further.items()))}
        for _ in range(most_pages - 1):
            if not further:
                break
            answer = self.read(call, path, {**params, **further})
            rows += rows_in(answer.body)
            further = self.further(call, answer.body)
            asked = tuple(sorted(further.items()))
            if asked in seen:
                break  # a list that leads to itself
            seen.add(asked)
        return Listing(rows, not further, allowance(answer, call.now))

    def further(self, call: Call, body: Json, *, linked: bool = True) -> dict[str, str]:
        """Return how to ask for the next page of a list, nothing at its end; raises `ConnectorError` if led away.

        Some lists are not `linked`: they tell a cursor and no address, and end with a page that is empty.
        """
        paging = member(body, "paging")
        address = text_in(member(paging, "next"))
        after = text_in(member(member(paging, "cursors"), "after"))
        if not address:
            return {"after": after} if after and not linked and list_of(member(body, "data")) else {}
        try:
            parts = urlsplit(address)
            at_home = f"{parts.scheme}://{parts.netloc}" == checked_home(call.base_url)
        except (ValueError, NoAnswer):
            at_home = False
        if not at_home:
            raise ConnectorError(Fault.INVALID, f"{self.wire.title} leads us to another host for the next page.")
        if after:
            return {"after": after}
        return {name: value for name, value in parse_qsl(parts.query) if name in _PAGED_BY}

    def _request(
        self,
        call: Call,
        method: str,
        path: str,
        params: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Request:
        version = call.options.get("graph_version", "").strip() or self.version
        if not _VERSION.fullmatch(version):
            raise ConnectorError(Fault.INVALID, "The account's version of the Graph API must look like v25.0.")
        try:
            token = checked_secret(call.secrets, "access_token")
            proof = {"appsecret_proof": _proof(call, token)} if call.secrets.get("app_secret") else {}
            address = f"{checked_address(call.base_url)}/{version}{path}"
        except NoAnswer as error:
            raise ConnectorError(error.fault, str(error)) from error
        return Request(method, address, {**params, **proof}, {"Authorization": f"Bearer {token}"}, form=form)


def rows_in(body: Json) -> list[Json]:
    """Return the rows of a page; raises `ConnectorError` when it is something else."""
    rows = member(body, "data")
    if not isinstance(rows, list):
        raise ConnectorError(Fault.TRANSIENT, "Meta answered with something else than a list.")
    return list_of(rows)[:]


def node(value: str) -> str:
    """Return the path of a node; raises `ConnectorError` for what is no id."""
    found = optional_id(value)
    if found is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a post.")
    return f"/{quote(found, safe='')}"


def seconds(moment: datetime) -> str:
    """Return a time as the Graph API takes it."""
    return str(max(int(moment.timestamp()), 0))


def _proof(call: Call, token: str) -> str:
    """Return the proof that whoever holds the token knows the app's secret too."""
    secret = checked_secret(call.secrets, "app_secret")
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
