"""Slack over HTTP, for those who would rather be called than hold a connection: the same app, the same listeners."""

from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

LARGEST = 1_000_000
"""Bytes; Slack's own payloads are far smaller."""


def routes(app: App) -> list[Route]:
    """Return the route that Slack calls for events, clicks and commands. Bolt checks the signature."""

    async def receive(request: Request) -> Response:
        if int(request.headers.get("content-length") or 0) > LARGEST:
            return PlainTextResponse("too large", status_code=413)
        asked = to_bolt_request(request, await request.body())
        # In a thread: dispatching on the event loop would stall every other request for as long as it takes.
        return to_starlette_response(await run_in_threadpool(app.dispatch, asked))

    return [Route("/slack/events", receive, methods=["POST"])]
