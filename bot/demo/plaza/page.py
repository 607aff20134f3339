"""Plaza's page: where one reads, posts, answers, edits and deletes as one of the public, or tidies up as its keeper."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.demo.plaza import consent
from bot.demo.plaza.content import MAX_LENGTH, addressed
from bot.demo.plaza.entities import RULES
from bot.demo.plaza.faces import face_of
from bot.demo.plaza.records import Account, Entry, Role, Span, State
from bot.demo.plaza.store import Store
from bot.demo.plaza.views import Composer, Looks, ThreadView

_COOKIE = "plaza_person"
_NOBODY_YET = "maya"
_SHOWN_THREADS = 60
_SHOWN_ANSWERS = 3
_SHOWN_PEOPLE = 8
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Page:
    """The routes of the page. `links` (label → address) stand in its header."""

    def __init__(self, store: Store, now: Callable[[], datetime], links: Mapping[str, str]) -> None:
        self._store = store
        self._now = now
        self._links = links
        loader = PackageLoader("bot.demo.plaza")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._home),
            Route("/pulse", self._pulse),
            Route("/as", self._become, methods=["POST"]),
            Route("/oauth/authorize", self._consent),
            Route("/oauth/authorize", self._agree, methods=["POST"]),
            Route("/posts", self._post, methods=["POST"]),
            Route("/posts/{id:int}/{act}", self._act, methods=["POST"]),
            Route("/tags/{tag}", self._tag),
            Route("/avatars/{name}.svg", self._avatar),
            Route("/@{name}", self._profile),
            Route("/@{name}/{id:int}", self._thread),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ]

    async def _pulse(self, _request: Request) -> Response:
        return JSONResponse({"changes": self._store.changes}, headers=_HEADERS)

    async def _home(self, request: Request) -> Response:
        return self._show_home(request)

    def _show_home(self, request: Request, composer: Composer | None = None) -> Response:
        words = request.query_params.get("q", "").strip()
        about = request.query_params.get("about") == "company"
        looks = self._looks(request)
        openings = self._found(words) if words else self._store.openings(_SHOWN_THREADS)
        threads = [self._opening(looks, entry) for entry in openings]
        if about:
            threads = [thread for thread in threads if thread.is_about_company]
        shown = [thread for thread in threads if thread.posts]
        title = f"“{words}”" if words else "Plaza"
        return self._render(request, "home.html", title, composer, threads=shown, words=words, about=about)

    async def _tag(self, request: Request) -> Response:
        tag = request.path_params["tag"]
        entries = self._store.by_tag(tag, Span(limit=_SHOWN_THREADS))
        return self._listed(request, f"#{tag}", "Posts with this tag", entries)

    async def _profile(self, request: Request) -> Response:
        account = self._store.account(request.path_params["name"])
        if account is None:
            return self._missing(request)
        entries = [one for one in self._store.by_account(account, Span(limit=_SHOWN_THREADS)) if _is_open(one)]
        return self._listed(request, account.name, account.bio, entries, account)

    def _listed(
        self, request: Request, title: str, lead: str, entries: list[Entry], account: Account | None = None
    ) -> Response:
        looks = self._looks(request)
        threads = [looks.alone(entry) for entry in entries]
        return self._render(request, "list.html", title, None, threads=threads, lead=lead, account=account)

    async def _thread(self, request: Request) -> Response:
        return self._show_thread(request, request.path_params["id"])

    def _show_thread(self, request: Request, post_id: int, composer: Composer | None = None) -> Response:
        entry = self._store.entry(post_id)
        if entry is None or not _is_open(entry):
            return self._missing(request)
        entries = [one for one in self._store.thread(entry.root_id) if _is_open(one)]
        thread = self._looks(request).thread(entries, focus=post_id)
        title = f"{entry.account.name} on Plaza"
        return self._render(request, "thread.html", title, composer, threads=[thread])

    async def _become(self, request: Request) -> Response:
        form = await self._form(request)
        name = _field(form, "name").strip()[:60]
        back = RedirectResponse(_back(form), status_code=303)
        account = self._store.join(name) if name else None
        if account is not None and account.role is not Role.COMPANY:
            back.set_cookie(_COOKIE, account.username, httponly=True, samesite="strict")
        return back

    async def _consent(self, request: Request) -> Response:
        """Ask whether a program may speak for somebody. Here one may be the company, too: no cookie comes of it."""
        wanted = consent.asked(self._store, request.query_params)
        if wanted is None:
            return self._missing(request, status=400)
        accounts = sorted(self._store.accounts(), key=lambda one: one.role is not Role.COMPANY)
        page = self._render(request, "consent.html", "Allow", None, asked=wanted, accounts=accounts, chosen="harbour")
        # A browser holds the whole way of a form to this, also where it is sent on.
        policy = _HEADERS["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace(
            "form-action 'self'", f"form-action 'self' {wanted.origin}"
        )
        return page

    async def _agree(self, request: Request) -> Response:
        form = await self._form(request)
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        wanted = consent.asked(self._store, given)
        account = self._store.account(_field(form, "account"))
        if wanted is None or account is None:
            return self._missing(request, status=400)
        agreed = _field(form, "answer") == "allow"
        onward = wanted.allowed(self._store, account) if agreed else wanted.denied()
        return RedirectResponse(onward, status_code=303, headers={"Cache-Control": "no-store"})

    async def _post(self, request: Request) -> Response:
        form = await self._form(request)
        person = self._person(request)
        parent_id = _field(form, "in_reply_to")
        parent = self._store.entry(int(parent_id)) if parent_id.isdigit() and len(parent_id) < 19 else None
        composer = Composer(_field(form, "text").replace("\r\n", "\n").strip(), parent.id if parent else None)
        if parent_id and (parent is None or not parent.is_live or not _is_open(parent)):
            composer.trouble = "The post you were answering is gone."
            return self._show_home(request, composer)
        named = parent.account.username if parent and parent.account.id != person.id else None
        text = addressed(composer.text, named)
        if composer.check(text):
            entry = self._store.add_post(person, text, parent=parent, language="en")
            return self._to(entry)
        return self._show_thread(request, parent.id, composer) if parent else self._show_home(request, composer)

    async def _act(self, request: Request) -> Response:
        form = await self._form(request)
        entry = self._store.entry(request.path_params["id"])
        if entry is None or not _is_open(entry):
            return self._missing(request)
        act, person = request.path_params["act"], self._person(request)
        is_mine = entry.account.id == person.id and entry.is_live
        if act == "like" and entry.is_live:
            self._store.like(entry, person, on=_field(form, "on") == "1")
        elif act == "edit" and is_mine:
            return self._edit(request, entry, _field(form, "text"))
        elif act == "delete" and is_mine:
            self._store.set_state(entry, State.DELETED)
        elif person.role is Role.MODERATOR and act in _MODERATION:
            self._moderate(entry, act)
        else:
            return self._missing(request, status=403)
        return RedirectResponse(f"{_back(form)}#p{entry.id}", status_code=303)

    def _edit(self, request: Request, entry: Entry, text: str) -> Response:
        composer = Composer(text.replace("\r\n", "\n").strip(), entry.id, is_edit=True)
        if not composer.check(composer.text):
            return self._show_thread(request, entry.id, composer)
        if composer.text != entry.text:
            self._store.edit(entry, composer.text)
        return self._to(entry)

    def _moderate(self, entry: Entry, act: str) -> None:
        if entry.state in (State.LIVE, State.HIDDEN):
            self._store.set_state(entry, _MODERATION[act])

    async def _avatar(self, request: Request) -> Response:
        account = self._store.account(request.path_params["name"])
        if account is None:
            return Response(status_code=404)
        return Response(
            face_of(account), media_type="image/svg+xml", headers=_HEADERS | {"Cache-Control": "max-age=3600"}
        )

    def _opening(self, looks: Looks, entry: Entry) -> ThreadView:
        entries = [one for one in self._store.thread(entry.root_id) if _is_open(one)]
        return looks.thread(entries, answers=_SHOWN_ANSWERS)

    def _found(self, words: str) -> list[Entry]:
        found = self._store.search(words, Span(limit=_SHOWN_THREADS))
        roots = [self._store.entry(root) for root in dict.fromkeys(entry.root_id for entry in found)]
        return [root for root in roots if root is not None]

    def _people(self, person: Account) -> list[Account]:
        """Whom the reader may be: those who were here first, whoever they are now, and the keeper at the end."""
        accounts = self._store.accounts()
        public = [one for one in accounts if one.role is Role.PUBLIC]
        shown = public[:_SHOWN_PEOPLE]
        if person.role is Role.PUBLIC and person not in shown:
            shown.append(person)
        return [*shown, *(one for one in accounts if one.role is Role.MODERATOR)]

    def _looks(self, request: Request) -> Looks:
        return Looks(self._store, self._now(), self._person(request))

    def _person(self, request: Request) -> Account:
        """Who the reader is at the moment. Nobody becomes the company by a cookie."""
        account = self._store.account(request.cookies.get(_COOKIE, _NOBODY_YET))
        if account is None or account.role is Role.COMPANY:
            account = self._store.account(_NOBODY_YET)
        assert account is not None
        return account

    async def _form(self, request: Request) -> FormData:
        """Read a form that this page itself sent."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin", "")
        elsewhere = origin not in ("", "null") and urlsplit(origin).netloc != request.headers.get("host")
        return FormData() if site not in ("same-origin", "none") or elsewhere else await request.form()

    def _to(self, entry: Entry) -> Response:
        address = f"/@{entry.account.username}/{entry.root_id}"
        return RedirectResponse(f"{address}#p{entry.id}", status_code=303)

    def _missing(self, request: Request, status: int = 404) -> Response:
        response = self._render(request, "missing.html", "Not here", None)
        response.status_code = status
        return response

    def _render(
        self, request: Request, template: str, title: str, composer: Composer | None, **more: object
    ) -> Response:
        person = self._person(request)
        query = f"?{request.url.query}" if request.url.query else ""
        here = f"{request.url.path}{query}" if request.method == "GET" else "/"
        shown = self._templates.get_template(template).render(
            title=title,
            composer=composer or Composer(),
            person=person,
            people=self._people(person),
            links=dict(self._links),
            rules=RULES,
            here=here,
            changes=self._store.changes,
            longest=MAX_LENGTH,
            **more,
        )
        status = 422 if composer is not None and composer.trouble else 200
        return HTMLResponse(shown, status, _HEADERS)


_MODERATION = {"hide": State.HIDDEN, "show": State.LIVE, "remove": State.REMOVED}


def _is_open(entry: Entry) -> bool:
    return entry.visibility in ("public", "unlisted")


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _back(form: FormData) -> str:
    """Return where the form was, when that is a place on this page."""
    path = _field(form, "back")
    is_here = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_here else "/"
