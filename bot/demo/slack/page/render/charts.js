/** Draws `data_visualization` blocks: bars, lines, areas and pies, always with their numbers in a table below. */

import { el, svg } from "../dom.js";

const WIDTH = 560;
const HEIGHT = 240;
const LEFT = 52;
const TOP = 12;
const RIGHT = 12;

/** Show a chart and, folded, its numbers. */
export function renderChart(block) {
  const chart = block.chart ?? {};
  const title = String(block.title ?? "");
  const drawing = chart.type === "pie" ? pie(chart) : plot(chart);
  return el(
    "figure",
    { class: "box chart" },
    el("figcaption", { class: "card-title" }, title),
    drawing,
    legend(chart),
    el("details", { class: "chart-numbers" }, el("summary", {}, "Show the numbers"), numbers(chart)),
  );
}

const seriesOf = (chart) => (Array.isArray(chart.series) ? chart.series : []);
const segmentsOf = (chart) => (Array.isArray(chart.segments) ? chart.segments : []);
const categoriesOf = (chart) =>
  chart.axis_config?.categories ?? [
    ...new Set(seriesOf(chart).flatMap((series) => series.data.map((point) => point.label))),
  ];
const valueAt = (series, label) => Number(series.data.find((point) => point.label === label)?.value ?? 0);
const say = (value) => Number(value).toLocaleString("en-GB", { maximumFractionDigits: 2 });

function legend(chart) {
  const total = segmentsOf(chart).reduce((sum, segment) => sum + Number(segment.value), 0) || 1;
  const names =
    chart.type === "pie"
      ? segmentsOf(chart).map(
          (segment) => `${segment.label}: ${say(segment.value)} (${Math.round((segment.value / total) * 100)} %)`,
        )
      : seriesOf(chart).map((series) => series.name);
  return el(
    "ul",
    { class: "legend" },
    names.map((name, index) => el("li", {}, el("span", { class: `legend-mark fill-${index % 8}` }), String(name))),
  );
}

function numbers(chart) {
  if (chart.type === "pie")
    return table(
      ["", "Value"],
      segmentsOf(chart).map((segment) => [segment.label, say(segment.value)]),
    );
  const rows = categoriesOf(chart).map((label) => [
    label,
    ...seriesOf(chart).map((series) => say(valueAt(series, label))),
  ]);
  return table([chart.axis_config?.x_label ?? "", ...seriesOf(chart).map((series) => series.name)], rows);
}

function table(head, rows) {
  const body = rows.map(([name, ...values]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, String(name)),
      values.map((value) => el("td", { class: "align-right" }, value)),
    ),
  );
  return el(
    "div",
    { class: "table-frame" },
    el(
      "table",
      { class: "table" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          head.map((name) => el("th", { scope: "col" }, String(name))),
        ),
      ),
      el("tbody", {}, body),
    ),
  );
}

function pie(chart) {
  const segments = segmentsOf(chart).filter((segment) => Number(segment.value) > 0);
  const total = segments.reduce((sum, segment) => sum + Number(segment.value), 0) || 1;
  let turned = 0;
  const slices = segments.map((segment) => {
    const from = turned;
    turned += Number(segment.value) / total;
    return svg(
      "path",
      { d: slice(from, turned), class: `fill-${segmentsOf(chart).indexOf(segment) % 8} slice` },
      svg("title", {}, `${segment.label}: ${say(segment.value)}`),
    );
  });
  return svg(
    "svg",
    { viewBox: "-104 -104 208 208", class: "drawing pie", role: "img", "aria-label": spoken(chart) },
    slices,
  );
}

function slice(from, to) {
  const point = (turn) =>
    [Math.sin(turn * 2 * Math.PI) * 100, -Math.cos(turn * 2 * Math.PI) * 100]
      .map((value) => value.toFixed(2))
      .join(" ");
  const end = to - from > 0.9999 ? from + 0.9999 : to;
  return `M0 0L${point(from)}A100 100 0 ${end - from > 0.5 ? 1 : 0} 1 ${point(end)}Z`;
}

const spoken = (chart) =>
  (chart.type === "pie"
    ? segmentsOf(chart).map((segment) => `${segment.label} ${say(segment.value)}`)
    : seriesOf(chart).map(
        (series) => `${series.name}: ${series.data.map((point) => `${point.label} ${say(point.value)}`).join(", ")}`,
      )
  ).join("; ");

function plot(chart) {
  const categories = categoriesOf(chart);
  const slanted = categories.some((label) => String(label).length * 6.5 > (WIDTH - LEFT - RIGHT) / categories.length);
  const scale = scaleOf(chart, slanted ? HEIGHT - 90 : HEIGHT - 40);
  const step = (WIDTH - LEFT - RIGHT) / Math.max(categories.length, 1);
  const middle = (index) => LEFT + step * (index + 0.5);
  const shapes = seriesOf(chart).map((series, index) =>
    (chart.type === "bar" ? bars : strokes)({ chart, series, index, categories, step, middle, scale }),
  );
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "drawing", role: "img", "aria-label": spoken(chart) },
    gridLines(scale),
    shapes,
    axisLabels(categories, middle, scale.bottom, slanted),
    axisTitles(chart),
  );
}

/** Round the range to steps that a person would choose, always with zero in it. */
function scaleOf(chart, bottom) {
  const values = seriesOf(chart).flatMap((series) => series.data.map((point) => Number(point.value) || 0));
  const highest = Math.max(0, ...values);
  const lowest = Math.min(0, ...values);
  const rough = (highest - lowest || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const from = Math.floor(lowest / step) * step;
  const to = Math.ceil(highest / step) * step || step;
  const ticks = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);
  return { ticks, bottom, y: (value) => bottom - ((value - from) / (to - from)) * (bottom - TOP) };
}

const gridLines = ({ ticks, y }) =>
  ticks.map((tick) =>
    svg(
      "g",
      {},
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), class: tick === 0 ? "axis" : "grid" }),
      svg("text", { x: LEFT - 8, y: y(tick) + 4, class: "tick", "text-anchor": "end" }, say(tick)),
    ),
  );

const axisLabels = (categories, middle, bottom, slanted) =>
  categories.map((label, index) =>
    svg(
      "text",
      slanted
        ? {
            class: "tick",
            "text-anchor": "end",
            transform: `translate(${middle(index) + 4} ${bottom + 14}) rotate(-35)`,
          }
        : { class: "tick", "text-anchor": "middle", x: middle(index), y: bottom + 18 },
      String(label),
    ),
  );

const axisTitles = (chart) => [
  chart.axis_config?.x_label &&
    svg(
      "text",
      { class: "axis-title", x: (WIDTH + LEFT) / 2, y: HEIGHT - 4, "text-anchor": "middle" },
      String(chart.axis_config.x_label),
    ),
  chart.axis_config?.y_label &&
    svg(
      "text",
      { class: "axis-title", transform: `translate(11 ${HEIGHT / 2 - 10}) rotate(-90)`, "text-anchor": "middle" },
      String(chart.axis_config.y_label),
    ),
];

function bars({ chart, series, index, categories, step, middle, scale }) {
  const width = Math.min((step * 0.7) / seriesOf(chart).length, 48);
  const start = -(width * seriesOf(chart).length) / 2 + width * index;
  return categories.map((label, at) => {
    const value = valueAt(series, label);
    const top = Math.min(scale.y(value), scale.y(0));
    const tall = Math.abs(scale.y(value) - scale.y(0));
    return svg(
      "rect",
      {
        x: middle(at) + start + 1,
        y: top,
        width: Math.max(width - 2, 1),
        height: tall,
        rx: 2,
        class: `fill-${index % 8}`,
      },
      svg("title", {}, `${series.name}, ${label}: ${say(value)}`),
    );
  });
}

function strokes({ chart, series, index, categories, middle, scale }) {
  const points = categories.map(
    (label, at) => `${middle(at).toFixed(1)} ${scale.y(valueAt(series, label)).toFixed(1)}`,
  );
  const base = scale.y(0).toFixed(1);
  const area =
    chart.type === "area" &&
    svg("path", {
      d: `M${middle(0).toFixed(1)} ${base}L${points.join("L")}L${middle(categories.length - 1).toFixed(1)} ${base}Z`,
      class: `area fill-${index % 8}`,
    });
  const dots = categories.map((label, at) =>
    svg(
      "circle",
      { cx: middle(at), cy: scale.y(valueAt(series, label)), r: 3, class: `fill-${index % 8}` },
      svg("title", {}, `${series.name}, ${label}: ${say(valueAt(series, label))}`),
    ),
  );
  return [area, svg("path", { d: `M${points.join("L")}`, class: `stroke stroke-${index % 8}` }), dots];
}
