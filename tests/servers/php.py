"""PHP's own web server with a site in it, bound to the loopback address and ended with all of its workers."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

_WORKERS = "4"


def copied(origin: Path, site: Path, *, without: Sequence[str] = ()) -> Path:
    """Copy an installed site with its links resolved: PHP would follow them out of the copy again."""

    def at_the_top(folder: str, _names: list[str]) -> Sequence[str]:
        return without if Path(folder) == origin else ()

    shutil.copytree(origin, site, ignore=at_the_top, ignore_dangling_symlinks=True)
    return site


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def run(*command: str | Path, settings: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it said; what it complains of is part of the failure."""
    environment = {**os.environ, **(settings or {})}
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr or done.stdout}"
    return done.stdout


@contextmanager
def started(
    *command: str | Path, log: Path, settings: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Keep a program running; at the end it and everything that it started is ended."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*map(str, command)],
            stdout=output,
            stderr=output,
            # Workers outlive the parent's end: a session of their own keeps them findable.
            start_new_session=True,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": _WORKERS, **(settings or {})},
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=5)


@contextmanager
def serving(
    root: Path,
    port: int,
    log: Path,
    *,
    ready: str,
    router: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Serve a folder; yields its address once `ready` is answered there. `settings` go into its environment."""
    url = f"http://127.0.0.1:{port}"
    options = ("-d", "display_errors=0", "-d", "error_reporting=0")
    routed = () if router is None else (router,)
    command = ("php", *options, "-S", f"127.0.0.1:{port}", "-t", root, *routed)
    with started(*command, log=log, settings=settings) as process:
        until = time.monotonic() + 60
        while not _answers(url + ready):
            assert process.poll() is None, log.read_text(errors="replace")[-2_000:]
            assert time.monotonic() < until, f"Nothing answers at {url + ready}."
            threading.Event().wait(0.05)
        yield url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=20).status_code < 500
    except httpx.TransportError:
        return False
