"""Slack over HTTP, for those who do not want Socket Mode: one address for events, clicks and commands."""

from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/slack/events"
LARGEST = 1_000_000
"""Bytes of a request's body; Slack's own are far smaller."""


def routes(app: App) -> list[Route]:
    """Return what Slack calls. The app works in a thread: Bolt's own adapter would hold up everything else."""

    async def receive(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                return Response(status_code=413)
        try:
            asked = to_bolt_request(request, body)
        except UnicodeDecodeError:
            return Response(status_code=400)
        return to_starlette_response(await run_in_threadpool(app.dispatch, asked))

    return [Route(PATH, receive, methods=["POST"])]
