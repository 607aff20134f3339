"""The drawings of the console: whole numbers beside them, nothing outside the frame, and the same numbers in words."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.charts import Chart, Series, bar, over_days
from bot.console.rendering import count, link, moment, percent, span

RECTANGLE = re.compile(r'<rect class="s\d" x="([\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"')
NUMBERS = st.lists(st.integers(0, 10_000), min_size=1, max_size=40)


def drawn(values: list[int], *, stacked: bool) -> Chart:
    days = [date(2026, 11, 1) + timedelta(days=number) for number in range(len(values))]
    rows = [("came in", values), ("<answered>", [value // 2 for value in values])]
    return over_days("k", "What & why", days, rows, stacked=stacked)


@given(NUMBERS, st.booleans())
def test_no_column_leaves_the_frame(values: list[int], stacked: bool) -> None:
    chart = drawn(values, stacked=stacked)
    wide = 10 * len(values)
    for found in re.finditer(
        r'<rect class="s\d" x="([\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"', chart.drawing()
    ):
        x, y, width, height = map(float, found.groups())
        assert x >= -0.01
        assert x + width <= wide + 0.01
        assert y >= -0.01
        assert y + height <= 100.02


@given(NUMBERS, st.booleans())
def test_the_scale_reaches_above_the_highest_column_in_whole_numbers(values: list[int], stacked: bool) -> None:
    chart = drawn(values, stacked=stacked)
    highest = max(value + value // 2 if stacked else value for value in values)
    assert highest <= chart.top <= max(2, 2.5 * highest)
    assert chart.scale == (chart.top, chart.top // 2, 0)
    assert chart.top % 2 == 0


def test_a_drawing_says_itself_in_words_and_nothing_in_it_is_markup() -> None:
    chart = drawn([4, 2], stacked=False)
    svg = chart.drawing()
    assert 'role="img" aria-label="What &amp; why. In all: came in 6, &lt;answered&gt; 3.' in svg
    assert "<title>1 Nov: came in 4, &lt;answered&gt; 2</title>" in svg
    assert "style=" not in svg
    assert chart.rows() == [("1 Nov", (4, 2)), ("2 Nov", (2, 1))]


def test_few_labels_stand_beneath_many_columns() -> None:
    assert drawn([1] * 30, stacked=False).shown_labels == ("1 Nov", "8 Nov", "15 Nov", "23 Nov", "30 Nov")
    assert drawn([1] * 3, stacked=False).shown_labels == ("1 Nov", "2 Nov", "3 Nov")
    assert Chart("k", "Empty", (), (Series("a", (), 1),)).is_empty


@pytest.mark.parametrize(("part", "width"), [(-1, "0.00"), (0, "0.00"), (0.256, "25.60"), (1, "100.00"), (9, "100.00")])
def test_a_bar_is_never_more_than_full(part: float, width: str) -> None:
    assert f'width="{width}"' in bar(part)


def test_values_are_written_for_people() -> None:
    assert count(1234567) == "1\u202f234\u202f567"
    assert [percent(part) for part in (0, 0.001, 0.2, 1)] == ["0\u202f%", "< 1\u202f%", "20\u202f%", "100\u202f%"]
    lengths = (None, 0, 59, 600, 5400, 90000, 864000)
    assert [span(length) for length in lengths] == ["—", "0 s", "59 s", "10 min", "1 h 30 min", "1 d 1 h", "10 d"]
    assert moment(None) == "—"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil", "http:", "ht!tp://[", "\x00http://a"]
)
def test_what_is_no_web_address_is_no_link(address: str) -> None:
    assert "<a" not in link(address, "there")
    assert 'href="https://a.example/?q=&#34;&gt;"' in link('https://a.example/?q=">', "there")
