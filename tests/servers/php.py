"""PHP's own web server with a site in it, bound to the loopback address and ended with all of its workers."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

_WORKERS = "4"


def copied(origin: Path, site: Path, *, without: Sequence[str] = ()) -> Path:
    """Copy an installed site with its links resolved: PHP would follow them out of the copy again."""
    shutil.copytree(origin, site, ignore=shutil.ignore_patterns(*without), ignore_dangling_symlinks=True)
    return site


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def run(*command: str | Path, timeout: float = 120) -> str:
    """Run a program to its end and return what it said; what it complains of is part of the failure."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr or done.stdout}"
    return done.stdout


@contextmanager
def started(*command: str | Path, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Keep a program running; at the end it and everything that it started is ended."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*map(str, command)],
            stdout=output,
            stderr=output,
            # Workers outlive the parent's end: a session of their own keeps them findable.
            start_new_session=True,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": _WORKERS},
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
def serving(root: Path, router: Path, port: int, log: Path, *, ready: str) -> Iterator[str]:
    """Serve a folder; yields its address once `ready` is answered there."""
    url = f"http://127.0.0.1:{port}"
    options = ("-d", "display_errors=0", "-d", "error_reporting=0")
    with started("php", *options, "-S", f"127.0.0.1:{port}", "-t", root, router, log=log) as process:
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
