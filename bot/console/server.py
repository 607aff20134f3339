"""The console as a web application, put together."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.console import entrance
from bot.console.admission import refusal, route
from bot.console.guard import Guard, Turnstile
from bot.console.house import House
from bot.console.pages import PAGES
from bot.console.rendering import STATIC


def build(house: House, *, turnstile: Turnstile | None = None) -> Starlette:
    """Return the console; mount it at the root of its address, after everything else that is served there."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        titles = {404: "Not found", 405: "Not found", 400: "This did not work"}
        title = titles.get(error.status_code, "This did not work")
        text = "There is no such page." if error.status_code in (404, 405) else str(error.detail)
        return refusal(house, request, error.status_code, title, text)

    routes: list[BaseRoute] = [Mount("/static", StaticFiles(directory=STATIC))]
    routes += entrance.routes(house, turnstile or Turnstile())
    routes += [route(house, page) for page in (*entrance.PAGES, *PAGES)]
    web = Starlette(routes=routes, middleware=[Middleware(Guard)], exception_handlers={HTTPException: refused})
    web.state.is_https = (house.address or "").startswith("https:")
    return web
