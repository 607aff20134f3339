"""Tables as CSV that a spreadsheet opens and never runs."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from bot.audit.export import harmless

MARK = "\ufeff"
"""Tells Excel that this is UTF-8."""


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table as a file to keep."""
    page = io.StringIO()
    writer = csv.writer(page, quoting=csv.QUOTE_ALL)
    for row in (head, *rows):
        writer.writerow([harmless(str(cell)) for cell in row])
    answer = Response((MARK + page.getvalue()).encode(), media_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = attachment(name, "csv")
    return answer


def attachment(name: str, ending: str) -> str:
    """Say how a file is called that leaves the house; whatever was asked for, it is a plain name and no path."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:80] or "chorus"
    return f'attachment; filename="{plain.removesuffix("." + ending)}.{ending}"'
