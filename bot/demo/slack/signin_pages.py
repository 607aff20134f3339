"""The pages an app sends people to: choose who you are, agree, go back with a code."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.signin import SignIn
from bot.demo.slack.state import State

STYLE = Path(__file__).parent / "signin.css"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="/openid/connect/style.css">
<main><h1>{title}</h1>{body}</main></html>
"""


def routes(signin: SignIn, state: State) -> list[BaseRoute]:
    """OpenID Connect and OAuth v2 authorization, discovery and keys."""
    return [
        Route("/openid/connect/authorize", _authorize(signin, state, openid=True)),
        Route("/oauth/v2/authorize", _authorize(signin, state, openid=False)),
        Route("/openid/connect/style.css", lambda _: FileResponse(STYLE)),
        Route("/openid/connect/keys", lambda _: JSONResponse(signin.keys())),
        Route("/.well-known/openid-configuration", lambda _: JSONResponse(signin.configuration())),
    ]


def _authorize(signin: SignIn, state: State, *, openid: bool) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        asked = dict(request.query_params)
        try:
            wanted = signin.read(asked, openid=openid)
            user = asked.get("user")
            if user is None:
                return _choice(request, state, wanted.app.name)
            code = signin.grant(wanted, user)
        except SlackError as error:
            page = _PAGE.format(title="This sign-in cannot go on", body=f"<p>{escape(error.code)}</p>")
            return HTMLResponse(page, status_code=400, headers=HEADERS)
        answer = {"code": code, **({"state": wanted.state} if wanted.state else {})}
        joint = "&" if urlsplit(wanted.redirect_uri).query else "?"
        return RedirectResponse(f"{wanted.redirect_uri}{joint}{urlencode(answer)}", status_code=302, headers=HEADERS)

    return endpoint


def _choice(request: Request, state: State, app: str) -> Response:
    people = [each for each in state.users() if not each["is_bot"] and not each.get("deleted")]
    items = "".join(_person(each, str(request.url.include_query_params(user=each["id"]))) for each in people)
    title = f"Sign in to {escape(app)} with {escape(state.seed.name)}"
    return HTMLResponse(_PAGE.format(title=title, body=f"<p>Choose who you are.</p><ul>{items}</ul>"), headers=HEADERS)


def _person(user: Json, address: str) -> str:
    name, title = escape(user["real_name"]), escape(user["profile"].get("title", ""))
    words = f"<span><strong>{name}</strong><small>{title}</small></span>"
    return f'<li><a href="{escape(address)}"><span class="face" aria-hidden="true">{name[:1]}</span>{words}</a></li>'
