"""The Web API: every method under `/api/`, checked for token, scope, rate and faults before it runs."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.demo.slack.errors import Json, RateLimited, SlackError
from bot.demo.slack.faults import CallFault
from bot.demo.slack.services import Services
from bot.demo.slack.web_api import (
    apps,
    blocks,
    chat,
    conversations,
    files,
    openid,
    reactions,
    scheduling,
    users,
    views,
)
from bot.demo.slack.web_api.call import METHODS, PUBLIC, Call, Method

FAMILIES = (apps, blocks, chat, conversations, files, openid, reactions, scheduling, users, views)
"""Importing a family is what registers its methods."""


def routes(slack: Services) -> list[BaseRoute]:
    """The single route that takes every method."""
    return [Route("/api/{method}", _endpoint(slack), methods=["GET", "POST"])]


def _endpoint(slack: Services) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            arguments = await _arguments(request)
        except SlackError as error:
            return _refused(error)
        arguments |= _credentials(request.headers.get("authorization", ""))
        return await run_in_threadpool(_respond, slack, request.path_params["method"], arguments)

    return endpoint


def _credentials(header: str) -> Json:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer" and value:
        return {"token": value.strip()}
    if scheme.lower() == "basic":
        try:
            client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return {}
        return {"client_id": client, "client_secret": secret}
    return {}


async def _arguments(request: Request) -> Json:
    """Arguments come in the query, as a form or as a JSON object; JSON wins."""
    arguments: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError as error:
            raise SlackError("invalid_json") from error
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return arguments | body
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form() as form:
            return arguments | dict(form)
    return arguments


def _respond(slack: Services, name: str, arguments: Json) -> Response:
    fault = slack.faults.take_call(name)
    if fault is not None and not fault.performed:
        return _failed(fault)
    response = _perform(slack, name, arguments)
    return response if fault is None else _failed(fault)


def _perform(slack: Services, name: str, arguments: Json) -> Response:
    try:
        if name in PUBLIC:
            return JSONResponse({"ok": True, **PUBLIC[name](slack, arguments)})
        known = METHODS.get(name)
        if known is None:
            raise SlackError("unknown_method", req_method=name)
        call = _checked(slack, known, arguments)
        answer = known.run(call)
    except RateLimited as error:
        return _refused(error, retry_after=error.retry_after)
    except SlackError as error:
        return _refused(error)
    headers = {"X-OAuth-Scopes": ",".join(call.token.scopes), "X-Accepted-OAuth-Scopes": ",".join(known.scopes)}
    return JSONResponse({"ok": True, **answer}, headers=headers)


def _checked(slack: Services, known: Method, arguments: Json) -> Call:
    token = slack.tokens.find(str(arguments.get("token") or ""))
    wait = slack.limiter.call(token.app.id, known.name, known.tier)
    if wait:
        raise RateLimited("ratelimited", retry_after=wait)
    if token.kind not in known.tokens:
        raise SlackError("not_allowed_token_type")
    call = Call(slack, token, arguments)
    if known.scopes:
        call.need_scope(*known.scopes)
    return call


def _failed(fault: CallFault) -> Response:
    if fault.hang:
        time.sleep(fault.hang)
    if fault.retry_after is not None:
        return _refused(SlackError(fault.error), retry_after=fault.retry_after)
    if fault.status == 200:
        return _refused(SlackError(fault.error))
    return Response("<html>Server Error</html>", status_code=fault.status, media_type="text/html")


def _refused(error: SlackError, *, retry_after: int | None = None) -> Response:
    body = {"ok": False, "error": error.code, **error.details}
    if retry_after is None:
        return JSONResponse(body)
    return JSONResponse(body, status_code=429, headers={"Retry-After": str(retry_after)})
