"""Who is let in, and which forms are taken: every request goes through here before a page sees it."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from urllib.parse import quote, urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot import people
from bot.console import typed
from bot.console.house import House, Page, Visit, here, theme_of
from bot.console.seals import Opened
from bot.errors import ChorusError, NotAllowed, NotFound
from bot.models import Employee, SeenRequest
from bot.permissions import Act, require

SESSION = "chorus_session"
SESSION_LASTS = timedelta(hours=12)
MOST_FIELDS = 200
MOST_FILES = 1
MOST_TOKENS = 4
TOKEN = "token"  # noqa: S105
"""What a form brings along by itself, one for each address that it may be sent to, in fields whose names begin so."""

log = logging.getLogger(__name__)


def route(house: House, page: Page) -> Route:
    """Return a page as a route that lets in only whom it is for."""

    async def answer(request: Request) -> Response:
        fields = await _fields(request) if page.is_form else {}
        return await run_in_threadpool(_answered, house, page, request, fields)

    endpoint: Callable[[Request], Awaitable[Response]] = answer
    return Route(page.path, endpoint, methods=["POST"] if page.is_form else ["GET"])


async def _fields(request: Request) -> dict[str, str]:
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        return {name: await _text(value) for name, value in form.items()}


async def _text(value: UploadFile | str) -> str:
    """Return a field, or the text in a file; what is no UTF-8 in it is marked, and refused by who reads it."""
    return value if isinstance(value, str) else (await value.read()).decode("utf-8-sig", "replace")


def _answered(house: House, page: Page, request: Request, fields: Mapping[str, str]) -> Response:
    try:
        return _let_in(house, page, request, fields)
    except NotAllowed as error:
        return refusal(house, request, 403, "You may not do this", str(error))
    except NotFound as error:
        return refusal(house, request, 404, "Not found", str(error))
    except ChorusError as error:
        return refusal(house, request, 409, "This did not work", str(error))
    except HTTPException:
        raise
    except Exception:
        log.exception("the page %s failed", request.url.path)
        return refusal(house, request, 500, "Something went wrong", "It was our fault and is in the log. Try again.")


def _let_in(house: House, page: Page, request: Request, fields: Mapping[str, str]) -> Response:
    session = house.seals.open("session", request.cookies.get(SESSION, ""))
    if session is None or session.is_over:
        return _stranger(house, request, page, session, fields)
    person = person_of(house, session["user"])
    require(person, page.act)
    if page.is_form:
        return _take(house, page, request, session, person, fields)
    back = here(request)
    kept = typed.waiting(request, house.seals, user=person.slack_user, back=back)
    answer = page.answer(Visit(house, request, person, session["id"], back, kept, is_kept=bool(kept)))
    if kept:
        typed.forget(answer, request)
    return answer


def person_of(house: House, slack_user: str) -> Employee:
    """Return who somebody is now; raises `NotAllowed` where they hold no role (any more)."""
    with house.deps.sessions() as reading:
        person = reading.scalar(select(Employee).where(Employee.slack_user == slack_user))
    if person is None or person.roles != list(house.deps.roles_of(slack_user)):
        person = people.employee_of(house.deps, slack_user)
    require(person, Act.READ)
    return person


def _stranger(
    house: House, request: Request, page: Page, session: Opened | None, fields: Mapping[str, str]
) -> Response:
    if not page.is_form:
        return RedirectResponse(f"/sign-in?next={quote(here(request), safe='')}", status_code=303)
    form = _form_of(house, request, fields)
    ours = session is not None and form is not None and form["user"] == session["user"] and _from_here(house, request)
    if not ours or session is None or form is None:
        return RedirectResponse("/sign-in", status_code=303)
    return _ask_to_sign_in(house, request, session["user"], form["back"], fields)


def _ask_to_sign_in(house: House, request: Request, user: str, back: str, fields: Mapping[str, str]) -> Response:
    """Nothing typed is lost: it waits in the browser and stands in the form again after the sign-in."""
    words = typed.without_secrets(_words(fields))
    values = {"next": back, "theme": theme_of(request), "door": house.door, "problem": ""}
    answer = HTMLResponse(house.pages.render("sign_in.html", typed={}, kept=True, **values), status_code=401)
    if not typed.keep(answer, request, house.seals, words, user=user, back=back):
        text = house.pages.render("sign_in.html", typed=words, kept=False, **values)
        answer = HTMLResponse(text, status_code=401)
    return answer


def _take(
    house: House, page: Page, request: Request, session: Opened, person: Employee, fields: Mapping[str, str]
) -> Response:
    """Take a form that this person was given, once."""
    form = _form_of(house, request, fields)
    ours = form is not None and form["user"] == person.slack_user
    if form is None or not ours or not _from_here(house, request):
        raise NotAllowed("This form did not come from a page of yours. Open the page again and send it from there.")
    words = _words(fields)
    if form.is_over or form["session"] != session["id"]:
        return _show_again(house, request, person, form["back"], words)
    if not page.quiet and not _first_time(house, form["once"]):
        raise ChorusError("This form was sent already, and what it asked for was done once. Nothing was done again.")
    return page.answer(Visit(house, request, person, session["id"], form["back"], words))


def _form_of(house: House, request: Request, fields: Mapping[str, str]) -> Opened | None:
    """Return what the form brought along for this address."""
    sealed = [value for name, value in fields.items() if name.startswith(TOKEN)][:MOST_TOKENS]
    opened = (house.seals.open("form", value) for value in sealed)
    return next((form for form in opened if form and form["action"] == request.url.path), None)


def _words(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if not name.startswith(TOKEN)}


def _show_again(house: House, request: Request, person: Employee, back: str, words: Mapping[str, str]) -> Response:
    """The form is of an earlier session: it is shown again as it was filled in, and the person sends it anew."""
    answer = RedirectResponse(back, status_code=303)
    typed.keep(answer, request, house.seals, typed.without_secrets(words), user=person.slack_user, back=back)
    return answer


def _first_time(house: House, once: str) -> bool:
    with house.deps.sessions.begin() as session:
        seen = insert(SeenRequest).values(key=f"console:{once}", at=house.deps.now())
        marked = session.execute(seen.on_conflict_do_nothing().returning(SeenRequest.key))
        return marked.first() is not None


def _from_here(house: House, request: Request) -> bool:
    """Whether a browser says that the form was on a page of ours; one that says nothing is believed."""
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return urlsplit(origin).netloc in {request.url.netloc, urlsplit(base_of(house, request)).netloc}


def base_of(house: House, request: Request) -> str:
    """Return the address of the console as people reach it."""
    return house.address or f"{request.url.scheme}://{request.url.netloc}"


def refusal(house: House, request: Request, status: int, title: str, text: str) -> Response:
    """Return a page that says why not, and what to do."""
    session = house.seals.fresh("session", request.cookies.get(SESSION, ""))
    page = house.pages.render(
        "refusal.html", title=title, text=text, theme=theme_of(request), is_in=session is not None, status=status
    )
    return HTMLResponse(page, status_code=status)
