"""The drawings of the console: whole numbers beside them, nothing outside the frame, and the same numbers in words."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.charts import Chart, Series, bar, over_days
from bot.console.drawing import HIGH, NARROW
from bot.console.rendering import count, link, moment, percent, span

COLUMN = re.compile(r'<path d="M([\d.]+),([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+Z" class="s\d"')
NUMBERS = st.lists(st.integers(0, 10_000), min_size=1, max_size=40)


def drawn(values: list[int], *, stacked: bool) -> Chart:
    days = [date(2026, 11, 1) + timedelta(days=number) for number in range(len(values))]
    rows = [("came in", values), ("<answered>", [value // 2 for value in values])]
    return over_days("k", "What & why", days, rows, stacked=stacked)


@settings(max_examples=25, deadline=None)
@given(NUMBERS, st.booleans())
def test_no_column_leaves_the_frame_and_each_is_as_high_as_its_number(values: list[int], stacked: bool) -> None:
    chart = drawn(values, stacked=stacked)
    columns = [tuple(map(float, found.groups())) for found in COLUMN.finditer(chart.drawing())]
    assert len(columns) == 2 * len(values)
    for x, y, width, height in columns:
        assert x >= -0.01
        assert x + width <= NARROW + 0.01
        assert y >= -0.01
        assert y + height <= HIGH + 0.02
    numbers = [*values, *(value // 2 for value in values)]
    heights = sorted(height for _, _, _, height in columns)
    assert heights == pytest.approx(sorted(HIGH * number / chart.top for number in numbers), abs=0.01)


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
    assert "<title>1 Nov: &lt;answered&gt; 2</title>" in svg
    assert ">1 Nov</text>" in svg
    assert chart.rows() == [("1 Nov", (4, 2)), ("2 Nov", (2, 1))]


@pytest.mark.parametrize("foreign", ["style=", "<style", "<script", "href", "fill=", "#0000", "font-family"])
def test_a_drawing_brings_no_style_no_script_and_no_colour_of_its_own(foreign: str) -> None:
    chart = drawn([4, 2, 9], stacked=True)
    assert foreign not in chart.drawing()
    assert foreign not in chart.wide_drawing()


@given(st.text(max_size=30).filter(lambda text: text.isprintable()))
@settings(max_examples=20, deadline=None)
def test_any_label_is_drawn_as_it_is(label: str) -> None:
    chart = Chart("k", "Title", (label,), (Series("a", (1,), 1),))
    picture = ElementTree.fromstring(chart.drawing())
    said = [element.text for element in picture.iter() if element.tag.endswith("}title")]
    assert said == [f"{label}: a 1"]


def test_few_labels_stand_beneath_many_columns() -> None:
    assert drawn([1] * 30, stacked=False).shown_places == (0, 7, 14, 22, 29)
    assert drawn([1] * 3, stacked=False).shown_places == (0, 1, 2)
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
