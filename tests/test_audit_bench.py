"""The measurements of the record measure what they say."""

from bot.audit.bench import measure
from bot.database import Sessions


def test_every_figure_is_taken_and_the_record_is_whole_afterwards(sessions: Sessions) -> None:
    figures = list(measure(sessions, entries=1500))
    assert len(figures) == 10
    assert all(figure.value.split()[1] in ("entries/s", "ms") for figure in figures)
    [verifying] = [figure for figure in figures if "verify 2,000 entries, 2,000 texts" in figure.what]
    assert verifying.kept is not None
