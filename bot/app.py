"""The composition root: the only place that builds things and knows which part gets what."""

import gc
import logging
import multiprocessing
import os
import random
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Event, Thread
from typing import Any

import uvicorn
from procrastinate import App as JobApp
from slack_sdk import WebClient
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Mount

from bot import audit, database, jobs, logs, people, throttle
from bot.audit.protection import as_app
from bot.clock import Clock
from bot.console import health, hooks
from bot.console import server as pages
from bot.console.door import Door
from bot.console.health import Report
from bot.console.house import House
from bot.console.rendering import Pages
from bot.console.seals import Seals
from bot.database import Sessions
from bot.deps import Deps, utc_now
from bot.jobs import Worker
from bot.rulebook import Rulebook
from bot.settings import Settings
from bot.slack import app as slack_app
from bot.slack import http as slack_http
from bot.slack import lane
from bot.slack.dedupe import OnceApp
from bot.slack.groups import Groups
from bot.slack.sockets import Supervisor
from bot.slack.tokens import Registered, RotatingClient, Rotation
from bot.vault import open_vault
from bot.writer import Writer
from connectors import registry
from guidelines import pack as packs
from guidelines.facts import FactBase

log = logging.getLogger(__name__)


class Part(StrEnum):
    """What a process can do; without a choice it does all of it."""

    SLACK = "slack"
    WORKER = "worker"
    CLOCK = "clock"
    CONSOLE = "console"


@contextmanager
def opened(settings: Settings, *, migrated: bool = True) -> Iterator[tuple[Engine, Deps]]:
    """Yield an engine and what services need, on the configured or the embedded database."""
    with database.server(settings.database_url, settings.data_dir) as url:
        if migrated:
            url = prepared(url)
        engine = database.connect(url)
        try:
            yield engine, deps_for(settings, engine)
        finally:
            engine.dispose()


def prepared(url: str) -> str:
    """Prepare a database and return the address for daily work: under it each connection gives up the right to change
    the record, where the database could make a role for that."""
    engine = database.connect(url)
    try:
        prepare(engine)
        standing = audit.protection(engine)
    finally:
        engine.dispose()
    return as_app(url) if standing.app_role and standing.may_become_app else url


def prepare(engine: Engine) -> None:
    """Bring the schema up to date, and put the first limits and the platforms' own rules in place."""
    database.check_server(engine)
    if database.pending(engine):
        database.migrate(engine)
        audit.grant_rights(engine)
    with database.sessions_of(engine).begin() as session:
        specs = [connector.spec for connector in registry.discover().connectors.values()]
        throttle.ensure_defaults(session, utc_now(), specs=specs)


def deps_for(settings: Settings, engine: Engine) -> Deps:
    """Return what services are given."""
    sessions = database.sessions_of(engine)
    found = registry.discover()
    for failure in found.failures:
        log.error("connector %s was not loaded: %s", failure.name, failure.reason)
    return Deps(
        sessions=sessions,
        connectors=found.connectors,
        rulebook=Rulebook(
            packs.load(settings.guideline_pack) if settings.guideline_pack else packs.default(),
            FactBase.load(settings.facts) if settings.facts else None,
            sessions,
        ),
        writer=_writer(settings),
        drafts_a_day=settings.model_budget,
        vault=open_vault(settings.secret_key, settings.data_dir),
        now=utc_now,
        jitter=random.random,
        worker=f"{socket.gethostname()}:{os.getpid()}",
        company=settings.company,
        ops_channel=settings.ops_channel,
        undo=settings.undo,
        claim=settings.claim,
        data_dir=settings.data_dir,
        compliance_channel=settings.compliance_channel,
        timestamp_authority=settings.timestamp_authority,
        console_url=settings.console_url or "",
        roles_of=_roles_of(settings, sessions),
    )


def _roles_of(settings: Settings, sessions: Sessions) -> Callable[[str], tuple[str, ...]]:
    """Return who has which roles; user groups are asked for only where there is a Slack to ask."""
    if not settings.slack_bot_token:
        return lambda slack_user: people.roles_from(settings, slack_user)
    groups = Groups(slack_client(settings, sessions), utc_now)
    return lambda slack_user: people.roles_from(settings, slack_user, groups.has)


def _writer(settings: Settings) -> Writer | None:
    if not settings.openai_api_key and not settings.openai_base_url:
        return None
    # A service of one's own often wants no key, but the client insists on one.
    key = settings.openai_api_key or "none"
    return Writer(api_key=key, base_url=settings.openai_base_url, model=settings.model)


def slack_client(settings: Settings, sessions: Sessions | None = None) -> WebClient:
    """Return the Web API client. It never retries by itself: a message would be sent twice. With `sessions` it keeps
    its token fresh where Slack rotates tokens; without, it uses the one that was configured."""
    token = settings.require("slack_bot_token")
    common: dict[str, Any] = {"base_url": settings.slack_api_url, "timeout": 10, "retry_handlers": []}
    if sessions is None or not settings.slack_refresh_token:
        return WebClient(token=token, **common)
    app = Registered(
        settings.require("slack_client_id"), settings.require("slack_client_secret"), settings.slack_refresh_token
    )
    vault = open_vault(settings.secret_key, settings.data_dir)
    return RotatingClient(Rotation(sessions, vault, utc_now, app=app, asking=WebClient(**common)), **common)


@dataclass(frozen=True, slots=True)
class Running:
    """A part that was started: how to stop it, and what it says of itself."""

    stop: Callable[[], None]
    report: Callable[[], Mapping[str, object]]


def run(settings: Settings, parts: frozenset[Part], *, until: Event | None = None, workers_apart: bool = False) -> None:
    """Run the chosen parts until told to stop: by SIGTERM or SIGINT, or by `until`.

    With `workers_apart` the workers get a process of their own where people wait for answers from this one.
    """
    stopping = until or _stop_on_signals()
    _take_turns(parts)
    is_apart = workers_apart and Part.WORKER in parts and bool(parts & {Part.SLACK, Part.CONSOLE})
    apart = WorkersApart(settings, stopping) if is_apart else None
    with opened(settings) as (engine, deps), ExitStack() as stack:
        running: dict[str, Running] = {}
        starters = _starters(settings, engine, deps, running)
        if apart is not None:
            starters[Part.WORKER] = apart.start
        for part, start in starters.items():
            if part in parts:
                running[part.value] = start()
                stack.callback(running[part.value].stop)
        log.info("chorus runs: %s", ", ".join(sorted(running)))
        stopping.wait()
        log.info("stopping; what is under way is finished first")


def _take_turns(parts: frozenset[Part]) -> None:
    """Let what people wait for come before what they do not."""
    # A thread that waits for the interpreter asks for it after this long. By default it is 5 ms: a click waits for it
    # some thirty times, and behind threads that are busy that is longer than people are patient.
    sys.setswitchinterval(0.0005)
    if parts == {Part.WORKER}:
        os.nice(5)


class WorkersApart:
    """The workers in a process of their own: threads that judge and draft would hold up every acknowledgement here.

    The process splits off when this is made, which must be before any thread starts or connection opens. So both share
    the memory of what was loaded. One that takes its place later is started from nothing.
    """

    def __init__(self, settings: Settings, stopping: Event) -> None:
        self._settings = settings
        self._stopping = stopping
        hearing, self._speaking = multiprocessing.Pipe(duplex=False)
        gc.freeze()
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        self._process: BaseProcess = context.Process(target=_work, args=(settings, hearing), name="workers")  # type: ignore[attr-defined]
        self._process.start()
        self._thread = Thread(target=self._watch, name="chorus-workers", daemon=True)

    def start(self) -> Running:
        """Let it begin, and start another whenever it ends before its time."""
        self._speaking.send_bytes(b"begin")
        self._thread.start()
        return Running(self._stop, lambda: {"ok": self._process.is_alive()})

    def _watch(self) -> None:
        self._process.join()
        while not self._stopping.wait(1):
            log.error("the process of the workers ended with code %s; another is started", self._process.exitcode)
            process = multiprocessing.get_context("spawn").Process(target=_work, args=(self._settings,), name="workers")
            process.start()
            self._process = process
            process.join()

    def _stop(self) -> None:
        self._stopping.set()
        self._process.terminate()
        self._thread.join(20)
        if self._process.is_alive():
            self._process.kill()


def _work(settings: Settings, hearing: Connection | None = None) -> None:
    """Run the workers for as long as the process that started this one lives."""
    logs.set_up(settings.log_format)
    stopping = _stop_on_signals()
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            stopping.set()

    Thread(target=follow, name="chorus-parent", daemon=True).start()
    while hearing is not None and not hearing.poll(0.2):
        if stopping.is_set():
            return
    run(settings, frozenset({Part.WORKER}), until=stopping)


def _starters(
    settings: Settings, engine: Engine, deps: Deps, running: Mapping[str, Running]
) -> dict[Part, Callable[[], Running]]:
    return {
        Part.WORKER: lambda: _worker(settings, engine, deps),
        Part.SLACK: lambda: _slack(settings, deps) if settings.slack_app_token else _called(settings),
        Part.CLOCK: lambda: _clock(deps),
        Part.CONSOLE: lambda: _console(settings, deps, running),
    }


def _worker(settings: Settings, engine: Engine, deps: Deps) -> Running:
    client = slack_client(settings, deps.sessions)
    worker = Worker(job_app(engine, deps, client, locale=settings.locale))
    worker.start()
    return Running(worker.stop, lambda: {"ok": worker.alive})


def job_app(engine: Engine, deps: Deps, client: WebClient, *, locale: str = "en") -> JobApp:
    """Return the job engine, whose Slack lane sends with `client`."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return jobs.build(url, deps, lambda channel: lane.drain(deps, client, channel, locale=locale))


def bolt_app(settings: Settings, deps: Deps) -> OnceApp:
    """Return the Slack app with all its listeners."""
    return slack_app.build(
        deps,
        slack_client(settings, deps.sessions),
        signing_secret=settings.slack_signing_secret,
        locale=settings.locale,
    )


def _slack(settings: Settings, deps: Deps) -> Running:
    supervisor = Supervisor(bolt_app(settings, deps), settings.require("slack_app_token"))
    supervisor.start()
    return Running(supervisor.stop, supervisor.health)


def _called(settings: Settings) -> Running:
    """Without a token for Socket Mode, Slack calls the console part instead."""
    settings.require("slack_signing_secret")
    return Running(lambda: None, lambda: {"ok": True, "detail": "Slack calls /slack/events"})


def _clock(deps: Deps) -> Running:
    clock = Clock(deps)
    clock.start()
    return Running(clock.stop, lambda: {"ok": True})


def _console(settings: Settings, deps: Deps, running: Mapping[str, Running]) -> Running:
    def reports() -> Mapping[str, Report]:
        return {name: part.report() for name, part in running.items()}

    routes = health.routes(deps.sessions, reports) + hooks.routes(deps)
    called = bolt_app(settings, deps) if settings.slack_signing_secret and settings.slack_bot_token else None
    if called is not None:
        routes += slack_http.routes(called)
    web = Starlette(routes=[*routes, Mount("/", console(settings, deps, reports))])
    server = uvicorn.Server(
        uvicorn.Config(web, host=settings.http_host, port=settings.http_port, log_config=None, access_log=False)
    )
    thread = Thread(target=server.run, name="chorus-console", daemon=True)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(5)
        if called is not None:
            called.finish()

    return Running(stop, lambda: {"ok": thread.is_alive()})


def console(settings: Settings, deps: Deps, reports: Callable[[], Mapping[str, Report]]) -> Starlette:
    """Return the web pages. Without the settings for signing in with Slack they say what is missing."""
    door = None
    if settings.slack_client_id and settings.slack_client_secret and settings.slack_bot_token:
        client = slack_client(settings, deps.sessions)
        door = Door(
            api_url=settings.slack_api_url,
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            bot_token=lambda: client.token or "",
            now=deps.now,
        )
    seals = Seals(deps.vault, deps.now)
    return pages.build(House(deps, seals, Pages(), door, reports, settings.data_dir, settings.console_url))


def _stop_on_signals() -> Event:
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
