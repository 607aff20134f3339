"""Plaza's Mastodon-compatible API: the part of it that listening and replying need, with Mastodon's own errors."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.demo.plaza import consent
from bot.demo.plaza.content import MAX_LENGTH, counted
from bot.demo.plaza.entities import instance, instance_before, stamp
from bot.demo.plaza.faults import Faults
from bot.demo.plaza.records import Account, Entry, State
from bot.demo.plaza.store import Store
from bot.demo.plaza.visit import Answer, Refused, Visit, number_in

_VISIBILITIES = frozenset({"public", "unlisted", "private", "direct"})
_WINDOW = timedelta(minutes=5)


Action = Callable[[Visit], Answer]


class Api:
    """The routes, with rate limits and the faults that tests ask for."""

    def __init__(self, store: Store, faults: Faults, now: Callable[[], datetime], base: Callable[[], str]) -> None:
        self._store = store
        self._faults = faults
        self._now = now
        self._base = base
        self._windows: dict[str, tuple[datetime, int]] = {}
        self._codes: dict[str, Account] = {}

    def routes(self) -> list[Route]:
        return [Route(path, self._answering(action), methods=[method]) for method, path, action in _ACTIONS]

    def _answering(self, action: Action) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                body = action(await self._visit(request, headers))
                if action is _post_status:
                    await self._after_storing()
            except Refused as refusal:
                return JSONResponse(refusal.body, refusal.status, headers)
            return JSONResponse(body, headers=headers)

        return answer

    async def _visit(self, request: Request, headers: dict[str, str]) -> Visit:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        viewer = None
        self._count(token or "anyone", headers)
        if token:
            good, viewer = self._store.token_owner(token) if scheme.lower() == "bearer" else (False, None)
            if not good:
                raise Refused(401, "The access token is invalid")
        if request.method == "POST" and self._faults.take("too_many_writes"):
            raise Refused(429, "Too many requests")
        if request.method == "POST" and self._faults.take("fail_before_storing"):
            raise Refused(500, "Something went wrong on our side.")
        sent = await _sent(request)
        return Visit(request, self._store, self._faults, self._base(), self._now(), viewer, sent, headers)

    async def _after_storing(self) -> None:
        if self._faults.answer_delay:
            await asyncio.sleep(self._faults.answer_delay)
        if self._faults.take("fail_after_storing"):
            raise Refused(500, "Something went wrong on our side.")

    def _count(self, caller: str, headers: dict[str, str]) -> None:
        """Count this request in its window and say so, as Mastodon does; raises beyond the limit."""
        now, limit = self._now(), self._faults.rate_limit
        begun, used = self._windows.get(caller, (now, 0))
        if now - begun >= _WINDOW:
            begun, used = now, 0
        self._windows[caller] = (begun, used + 1)
        headers["X-RateLimit-Limit"] = str(limit)
        headers["X-RateLimit-Remaining"] = str(max(0, limit - used - 1))
        headers["X-RateLimit-Reset"] = stamp(begun + _WINDOW)
        if used >= limit:
            raise Refused(429, "Too many requests")


async def _sent(request: Request) -> Mapping[str, Any]:
    if request.method in ("GET", "HEAD"):
        return request.query_params
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError) as error:
            raise Refused(400, "The request cannot be read") from error
        return body if isinstance(body, dict) else {}
    form: FormData = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _verify(visit: Visit) -> Answer:
    return visit.shapes.account(visit.me(), private=True)


def _lookup(visit: Visit) -> Answer:
    account = visit.store.account(visit.text("acct").removeprefix("@"))
    if account is None:
        raise Refused(404, "Record not found")
    return visit.shapes.account(account)


def _account(visit: Visit) -> Account:
    number = number_in(visit.request.path_params["id"])
    account = visit.store.account_by_id(number) if number is not None else None
    if account is None:
        raise Refused(404, "Record not found")
    return account


def _show_account(visit: Visit) -> Answer:
    return visit.shapes.account(_account(visit))


def _account_statuses(visit: Visit) -> Answer:
    span, lag = visit.span(), visit.faults.own_posts_lag
    before = visit.now - timedelta(seconds=lag) if lag else None
    return visit.statuses(visit.store.by_account(_account(visit), span, before=before), span)


def _checked_text(visit: Visit) -> str:
    text = visit.text("status").replace("\r\n", "\n").strip()
    if not text:
        raise Refused(422, "Validation failed: Text can't be blank")
    if counted(text) + counted(visit.text("spoiler_text")) > MAX_LENGTH:
        raise Refused(422, f"Validation failed: Text character limit of {MAX_LENGTH} exceeded")
    return text


def _post_status(visit: Visit) -> Answer:
    author, key = visit.me(), visit.request.headers.get("idempotency-key")
    if key and visit.faults.honour_keys and (before := visit.store.by_key(author, key)) is not None:
        return visit.shapes.status(before)
    parent = None
    if visit.text("in_reply_to_id"):
        missing = "The post you are trying to reply to does not appear to exist."
        parent = visit.readable(visit.text("in_reply_to_id"), missing)
    visibility = visit.text("visibility") or "public"
    if visibility not in _VISIBILITIES:
        raise Refused(422, "Validation failed: Visibility is not included in the list")
    entry = visit.store.add_post(
        author,
        _checked_text(visit),
        parent=parent,
        visibility=visibility,
        language=visit.text("language") or "en",
        warning=visit.text("spoiler_text"),
        key=key,
    )
    return visit.shapes.status(entry)


def _edit_status(visit: Visit) -> Answer:
    return visit.shapes.status(visit.store.edit(visit.own_post(), _checked_text(visit)))


def _delete_status(visit: Visit) -> Answer:
    entry = visit.own_post()
    shape = visit.shapes.status(entry) | {"text": entry.text}
    visit.store.set_state(entry, State.DELETED)
    return shape


def _show_status(visit: Visit) -> Answer:
    return visit.shapes.status(visit.post())


def _show_statuses(visit: Visit) -> Answer:
    numbers = [number for one in dict.fromkeys(visit.many("id")) if (number := number_in(one)) is not None]
    if len(numbers) > 20:
        raise Refused(422, "Validation failed: Too many ids")
    entries = [entry for number in numbers if (entry := visit.store.entry(number)) is not None]
    return [visit.shapes.status(entry) for entry in entries if visit.may_read(entry)]


def _context(visit: Visit) -> Answer:
    entry = visit.post()
    thread = {one.id: one for one in visit.store.thread(entry.root_id)}
    before: list[Entry] = []
    parent = thread.get(entry.parent_id or 0)
    while parent is not None:
        before.insert(0, parent)
        parent = thread.get(parent.parent_id or 0)
    below, after = {entry.id}, []
    for one in thread.values():
        if one.parent_id in below:
            below.add(one.id)
            after.append(one)
    shapes = visit.shapes
    shown = [[shapes.status(one) for one in part if visit.may_read(one)] for part in (before, after)]
    return {"ancestors": shown[0], "descendants": shown[1]}


def _history(visit: Visit) -> Answer:
    return visit.shapes.history(visit.post())


def _source(visit: Visit) -> Answer:
    entry = visit.own_post()
    return {"id": str(entry.id), "text": entry.text, "spoiler_text": entry.warning}


def _like(visit: Visit) -> Answer:
    return visit.shapes.status(visit.store.like(visit.post(), visit.me(), on=True))


def _unlike(visit: Visit) -> Answer:
    return visit.shapes.status(visit.store.like(visit.post(), visit.me(), on=False))


def _notifications(visit: Visit) -> Answer:
    span, unwanted = visit.span(), set(visit.many("exclude_types"))
    kinds = [kind for kind in visit.many("types") or ["mention", "favourite"] if kind not in unwanted]
    notices = visit.store.notices(visit.me(), kinds or ["none"], span)
    shapes = visit.shapes
    shown = [shapes.notification(one) for one in notices if visit.may_read(one.entry)]
    return visit.listed([one.id for one in notices], shown, span)


def _home(visit: Visit) -> Answer:
    visit.me()
    return _public(visit)


def _public(visit: Visit) -> Answer:
    span = visit.span()
    return visit.statuses(visit.store.public(span), span)


def _tagged(visit: Visit) -> Answer:
    span = visit.span()
    return visit.statuses(visit.store.by_tag(visit.request.path_params["tag"], span), span)


def _search(visit: Visit) -> Answer:
    visit.me()
    words, kind, span = visit.text("q").strip(), visit.text("type"), visit.span()
    found: list[Entry] = []
    if words.startswith(visit.base):
        number = number_in(words.rpartition("/")[2])
        entry = visit.store.entry(number) if number is not None else None
        found = [entry] if entry is not None else []
    elif words:
        found = visit.store.search(words, span)
    people = [one for one in visit.store.accounts() if words.lstrip("@").lower() in (one.username, one.name.lower())]
    shapes = visit.shapes
    return {
        "accounts": [shapes.account(one) for one in people] if kind in ("", "accounts") else [],
        "statuses": [shapes.status(one) for one in found if visit.may_read(one)] if kind in ("", "statuses") else [],
        "hashtags": [],
    }


def _host(visit: Visit) -> str:
    return visit.base.partition("://")[2]


def _instance(visit: Visit) -> Answer:
    return instance(_host(visit))


def _instance_before(visit: Visit) -> Answer:
    return instance_before(_host(visit))


def _rules(visit: Visit) -> Answer:
    return instance(_host(visit))["rules"]


_ACTIONS: tuple[tuple[str, str, Action], ...] = (
    ("GET", "/api/v1/accounts/verify_credentials", _verify),
    ("GET", "/api/v1/accounts/lookup", _lookup),
    ("GET", "/api/v1/accounts/{id}", _show_account),
    ("GET", "/api/v1/accounts/{id}/statuses", _account_statuses),
    ("POST", "/api/v1/statuses", _post_status),
    ("GET", "/api/v1/statuses", _show_statuses),
    ("GET", "/api/v1/statuses/{id}", _show_status),
    ("PUT", "/api/v1/statuses/{id}", _edit_status),
    ("DELETE", "/api/v1/statuses/{id}", _delete_status),
    ("GET", "/api/v1/statuses/{id}/context", _context),
    ("GET", "/api/v1/statuses/{id}/history", _history),
    ("GET", "/api/v1/statuses/{id}/source", _source),
    ("POST", "/api/v1/statuses/{id}/favourite", _like),
    ("POST", "/api/v1/statuses/{id}/unfavourite", _unlike),
    ("GET", "/api/v1/notifications", _notifications),
    ("GET", "/api/v1/timelines/home", _home),
    ("GET", "/api/v1/timelines/public", _public),
    ("GET", "/api/v1/timelines/tag/{tag}", _tagged),
    ("GET", "/api/v2/search", _search),
    ("GET", "/api/v2/instance", _instance),
    ("GET", "/api/v2/instance/", _instance),
    ("GET", "/api/v1/instance", _instance_before),
    ("GET", "/api/v1/instance/", _instance_before),
    ("GET", "/api/v1/instance/rules", _rules),
    ("POST", "/api/v1/apps", consent.register),
    ("POST", "/oauth/token", consent.token),
    ("POST", "/oauth/revoke", consent.revoke),
)
