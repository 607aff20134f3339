"""The way in and out: signing in with Slack, signing out, and the reader's choice of light or dark."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot import people
from bot.console.admission import SESSION, SESSION_LASTS, base_of, refusal
from bot.console.door import Door
from bot.console.guard import Turnstile
from bot.console.house import THEME, THEMES, House, Page, Visit, is_secure, theme_of
from bot.errors import ChorusError, NotAllowed
from bot.permissions import Act, require

STARTED = "chorus_sign_in"
STARTED_LASTS = timedelta(minutes=10)
REMEMBERED = timedelta(days=30)
"""How long a browser keeps a session that is over: it says whose half-filled form is sent."""
BACK = "/sign-in/back"

Endpoint = Callable[[Request], Response]


def routes(house: House, turnstile: Turnstile) -> list[Route]:
    """Return the routes that need no session."""

    def sign_in(request: Request) -> Response:
        return _sign_in(house, request)

    def leave(request: Request) -> Response:
        return _guarded(house, request, turnstile, _leave_for_slack)

    def come_back(request: Request) -> Response:
        return _guarded(house, request, turnstile, _come_back)

    return [Route("/sign-in", sign_in), Route("/sign-in/slack", leave), Route(BACK, come_back)]


def _sign_in(house: House, request: Request, problem: str = "", status: int = 200) -> Response:
    page = house.pages.render(
        "sign_in.html",
        next=inside(request.query_params.get("next", "")),
        theme=theme_of(request),
        door=house.door,
        problem=problem,
        kept=False,
        typed={},
    )
    return HTMLResponse(page, status_code=status)


def _guarded(
    house: House, request: Request, turnstile: Turnstile, answer: Callable[[House, Door, Request], Response]
) -> Response:
    wait = turnstile.wait(request.client.host if request.client else "")
    if wait:
        text = f"Too many sign-ins from here. Try again in {wait} seconds."
        refused = refusal(house, request, 429, "One moment", text)
        refused.headers["Retry-After"] = str(wait)
        return refused
    if house.door is None:
        return _sign_in(house, request, status=503)
    try:
        return answer(house, house.door, request)
    except NotAllowed as error:
        return _sign_in(house, request, str(error), 403)
    except ChorusError as error:
        return _sign_in(house, request, str(error), 502)


def _leave_for_slack(house: House, door: Door, request: Request) -> Response:
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    onward = inside(request.query_params.get("next", ""))
    address = door.address(state=state, nonce=nonce, back=base_of(house, request) + BACK)
    answer = RedirectResponse(address, status_code=303)
    sealed = house.seals.seal("sign-in", STARTED_LASTS, state=state, nonce=nonce, next=onward)
    _set(answer, request, STARTED, sealed, STARTED_LASTS)
    return answer


def _come_back(house: House, door: Door, request: Request) -> Response:
    started = house.seals.fresh("sign-in", request.cookies.get(STARTED, ""))
    state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    if request.query_params.get("error"):
        raise NotAllowed("You did not agree to sign in. Start again when you want to.")
    if started is None or not code or not secrets.compare_digest(started["state"].encode(), state.encode()):
        raise NotAllowed("This sign-in was not started in this browser, or too long ago. Please start again.")
    known = door.enter(code, nonce=started["nonce"], back=base_of(house, request) + BACK)
    person = people.employee_of(house.deps, known.slack_user, known.name)
    require(person, Act.READ)
    answer = RedirectResponse(started["next"], status_code=303)
    session = house.seals.seal("session", SESSION_LASTS, user=person.slack_user, id=secrets.token_urlsafe(16))
    _set(answer, request, SESSION, session, REMEMBERED)
    answer.delete_cookie(STARTED, path="/")
    return answer


def sign_out(visit: Visit) -> Response:
    """End the session in this browser."""
    answer = visit.go("/sign-in")
    answer.delete_cookie(SESSION, path="/")
    return answer


def choose_theme(visit: Visit) -> Response:
    """Remember light or dark; anything else follows the system again."""
    answer = RedirectResponse(inside(visit.back), status_code=303)
    theme = visit.field("theme")
    if theme in THEMES:
        _set(answer, visit.request, THEME, theme, timedelta(days=365))
    else:
        answer.delete_cookie(THEME, path="/")
    return answer


PAGES = (
    Page("/sign-out", sign_out, is_form=True, quiet=True),
    Page("/theme", choose_theme, is_form=True, quiet=True),
)


def inside(address: str) -> str:
    """Return an address of ours to go on to; anything that leads elsewhere becomes the first page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    leads_out = parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\"))
    unclean = any(ord(mark) < 33 or mark == "\\" for mark in address)
    return "/" if leads_out or unclean or len(address) > 2000 else address


def _set(answer: Response, request: Request, name: str, value: str, lasting: timedelta) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=int(lasting.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
        path="/",
    )
