"""Charts as SVG: Altair says what is drawn, vl-convert draws it, and the page's own colours and type clothe it."""

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from bot.console.charts import Chart

NARROW, WIDE = 480, 1080
"""Pixels of the plot at its own size: half a page, narrow enough to be read when it shrinks to a phone; a whole one."""
HIGH = 150
TYPE = 13
FEWEST_PLACES = 6
"""Fewer columns than this leave room beside them instead of growing wide."""

_SVG = "http://www.w3.org/2000/svg"
_GRID, _TEXT = "#0000e1", "#0000e2"
_TONES = {tone: f"#0000f{tone}" for tone in range(1, 7)}
_CLASSES = {_GRID: "grid", _TEXT: "chart-text"} | {colour: f"s{tone}" for tone, colour in _TONES.items()}
"""Colours that stand for a class of the page's style sheet, which knows light and dark."""
_LEFT_TO_THE_PAGE = ("fill", "stroke", "stroke-width", "opacity", "font-family", "pointer-events", "class", "role")
_HOLLOW = ("background", "foreground")

ElementTree.register_namespace("", _SVG)


@lru_cache(maxsize=256)
def drawing(chart: "Chart", wide: int) -> Markup:
    """Draw a chart `wide` pixels wide. It holds no style, no script and no address.

    A pointer finds the words on each column.
    """
    # Loaded for those who look at a chart: it is as much memory as a fifth of the whole idle bot.
    import vl_convert

    picture = ElementTree.fromstring(vl_convert.vegalite_to_svg(_described(chart, wide).to_dict()))  # noqa: S314
    picture.remove(picture[0])  # what would hide the page's own ground
    _clothe(picture)
    frame = picture.get("viewBox", "")
    picture.attrib.clear()
    picture.attrib.update({"viewBox": frame, "role": "img", "aria-label": _spoken(chart)})
    return Markup(ElementTree.tostring(picture, encoding="unicode"))  # noqa: S704


def _clothe(element: ElementTree.Element) -> None:
    """Give the colours to the style sheet and the words to the pointer, and leave out what shows nothing."""
    for child in list(element):
        if child.get("class") in _HOLLOW:
            element.remove(child)
        else:
            _clothe(child)
    named = _CLASSES.get(element.get("fill", "")) or _CLASSES.get(element.get("stroke", ""))
    words = element.get("aria-label") if named and element.tag.endswith("path") else None
    for name in [name for name in element.attrib if name in _LEFT_TO_THE_PAGE or name.startswith("aria-")]:
        del element.attrib[name]
    if named:
        element.set("class", named)
    if words:
        ElementTree.SubElement(element, f"{{{_SVG}}}title").text = words


def _spoken(chart: "Chart") -> str:
    totals = ", ".join(f"{series.name} {sum(series.values):,g}" for series in chart.series)
    return f"{chart.title}. In all: {totals}. The numbers stand in the table below."


def _described(chart: "Chart", wide: int) -> Any:
    import altair

    names = [series.name for series in chart.series]
    tones = [_TONES[series.tone] for series in chart.series]
    shown = [f"{at}" for at in chart.shown_places]
    upwards = altair.Axis(values=list(chart.scale), format=",d")
    outer_room = 0.1 if len(chart.labels) >= FEWEST_PLACES else 1
    places = altair.Scale(paddingInner=_inner_room(chart), paddingOuter=outer_room)
    apart = wide / (len(shown) - _inner_room(chart) + 2 * outer_room) if shown else wide
    days = altair.Axis(values=shown, labelExpr=_label(chart), labelLimit=0.92 * apart, grid=False)
    bars = (
        altair.Chart(altair.InlineData(values=_values(chart)))
        .mark_bar()
        .encode(
            x=altair.X("at:O", sort=None, axis=days, scale=places),
            y=altair.Y("number:Q", axis=upwards, scale=altair.Scale(domain=[0, chart.top])).stack(chart.stacked),
            color=altair.Color("name:N", scale=altair.Scale(domain=names, range=tones), legend=None),
            order="place:Q",
            description="words:N",
        )
    )
    if not chart.stacked and len(names) > 1:
        bars = bars.encode(xOffset=altair.XOffset("name:N", scale=altair.Scale(domain=names)))
    return (
        bars.properties(width=wide, height=HIGH)
        .configure_view(stroke=None)
        .configure_axis(
            gridColor=_GRID, labelColor=_TEXT, labelFontSize=TYPE, labelPadding=8, title=None, ticks=False, domain=False
        )
        .configure_axisX(labelAngle=0)
    )


def _inner_room(chart: "Chart") -> float:
    """The part of a column's place that stays free beside it."""
    return 1 - 0.75 * min(len(chart.labels) / FEWEST_PLACES, 1)


def _values(chart: "Chart") -> list[dict[str, object]]:
    return [
        {
            "at": f"{at}",
            "name": series.name,
            "number": series.values[at],
            "place": place,
            "words": f"{label}: {series.name} {series.values[at]:,g}",
        }
        for at, label in enumerate(chart.labels)
        for place, series in enumerate(chart.series)
    ]


def _label(chart: "Chart") -> str:
    """The label of a place, as Vega says it: a column is named by its place, since labels may repeat."""
    return f"{json.dumps(list(chart.labels))}[+datum.value]"
