"""The response URLs that interactions carry: where an app answers later."""

import json
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.demo.slack.answers import Answers
from bot.demo.slack.errors import Json, SlackError


def routes(answers: Answers) -> list[BaseRoute]:
    """One route for every kind of response URL."""
    return [Route("/{kind:str}/T{team}/{key}", _endpoint(answers), methods=["POST"])]


def _endpoint(answers: Answers) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            await run_in_threadpool(answers.respond, request.path_params["key"], body)
        except SlackError as error:
            status = 404 if error.code in ("expired_url", "used_url") else 400
            return JSONResponse({"ok": False, "error": error.code, **error.details}, status_code=status)
        return PlainTextResponse("ok")

    return endpoint


async def _body(request: Request) -> Json:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        async with request.form() as form:
            text = str(form.get("payload", ""))
    else:
        text = (await request.body()).decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError as error:
        raise SlackError("invalid_payload") from error
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    return body
