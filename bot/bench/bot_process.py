"""`chorus run` as a process of its own, as everybody runs it."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.demo.slack.server import LocalSlack
from bot.demo.world import COMPANY, FACTS


@contextmanager
def running(slack: LocalSlack, url: str, folder: Path, *, only: Sequence[str] = ()) -> Iterator[int]:
    """Run the bot, or only some parts of it, until the block ends; yields the id of the process."""
    settings = {
        "DATABASE_URL": url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "CHORUS_DATA_DIR": str(folder),
        "CHORUS_COMPANY": COMPANY,
        "CHORUS_FACTS": str(FACTS),
        "CHORUS_HTTP_PORT": "0",
        "CHORUS_LOG_FORMAT": "json",
    }
    parts = [word for part in only for word in ("--only", part)]
    with (folder / "bot.log").open("ab") as log:
        command = [sys.executable, "-m", "bot", "run", *parts]
        process = subprocess.Popen(command, env=settings, cwd=folder, stdout=log, stderr=log)  # noqa: S603 - ours
        try:
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
