/** Shows tables: plain ones, and data tables that can be sorted, searched and paged through. */

import { el, icon, iconButton } from "../dom.js";
import { renderElement } from "./elements.js";
import { renderRichText } from "./rich_text.js";
import { unknownThing } from "./unknown.js";

/** A `table` block; its first row is the heading. */
export function renderTable(block, surface) {
  const [head = [], ...body] = block.rows ?? [];
  const align = (index) =>
    ({ center: "align-center", right: "align-right" })[block.column_settings?.[index]?.align] ?? "";
  const look = (index) => `${align(index)} ${block.column_settings?.[index]?.is_wrapped ? "wrapped" : ""}`.trim();
  const row = (cells, tag) =>
    el(
      "tr",
      {},
      cells.map((cell, index) => el(tag, { class: look(index), dir: "auto" }, renderCell(cell, block, surface))),
    );
  return framed(
    el(
      "table",
      { class: "table" },
      el("thead", {}, row(head, "th")),
      el(
        "tbody",
        {},
        body.map((cells) => row(cells, "td")),
      ),
    ),
    "Table",
  );
}

function renderCell(cell, block, surface) {
  if (cell === null || cell === undefined) return "";
  if (cell.type === "rich_text") return renderRichText(cell, surface);
  if (cell.type === "raw_text") return String(cell.text ?? "");
  if (cell.type === "raw_number") return String(cell.text ?? cell.value ?? "");
  if (cell.type === "button") return renderElement(cell, block, surface);
  if (Array.isArray(cell.elements)) return cell.elements.map((element) => renderElement(element, block, surface));
  return unknownThing("cell", cell);
}

const framed = (table, label) =>
  el("div", { class: "table-frame", tabIndex: 0, role: "region", "aria-label": label }, table);

/** A `data_table` block. */
export const renderDataTable = (block, surface) => new DataTable(block, surface).node;

class DataTable {
  constructor(block, surface) {
    Object.assign(this, { block, surface, page: 0, sorted: null, query: "" });
    [this.head = [], ...this.rows] = block.rows ?? [];
    this.size = Math.min(Math.max(Number(block.page_size) || 5, 1), 100);
    this.headings = this.head.map((cell, index) => this.heading(cell, index));
    this.body = el("tbody");
    this.where = el("span", { class: "quiet-text", role: "status" });
    this.back = iconButton("left", "Previous page", () => this.turn(-1));
    this.on = iconButton("right", "Next page", () => this.turn(1));
    const table = el(
      "table",
      { class: "table" },
      el("caption", { class: "caption" }, String(block.caption ?? "")),
      el("thead", {}, el("tr", {}, this.headings)),
      this.body,
    );
    this.node = el(
      "div",
      { class: "data-table" },
      this.searchField(),
      framed(table, String(block.caption ?? "Table")),
      el("div", { class: "pager" }, this.where, this.back, this.on),
    );
    this.draw();
  }

  searchField() {
    if (this.rows.length <= this.size) return null;
    const find = ({ currentTarget }) => {
      Object.assign(this, { query: currentTarget.value.trim().toLocaleLowerCase(), page: 0 });
      this.draw();
    };
    return el("input", {
      type: "search",
      class: "field table-search",
      placeholder: "Find in table",
      "aria-label": "Find in table",
      oninput: find,
    });
  }

  heading(cell, index) {
    const sort = () => {
      const downwards = this.sorted?.index === index && !this.sorted.downwards;
      Object.assign(this, { sorted: { index, downwards }, page: 0 });
      this.draw();
    };
    const look = this.rows[0]?.[index]?.type === "raw_number" ? "align-right" : "";
    return el(
      "th",
      { scope: "col", class: look, "aria-sort": "none" },
      el("button", { type: "button", class: "sort", onclick: sort }, words(cell), icon("down")),
    );
  }

  turn(way) {
    this.page += way;
    this.draw();
  }

  found() {
    const rows = this.rows.filter((cells) =>
      cells.some((cell) => words(cell).toLocaleLowerCase().includes(this.query)),
    );
    if (!this.sorted) return rows;
    const { index, downwards } = this.sorted;
    return rows.sort((one, other) => (downwards ? -1 : 1) * compare(one[index], other[index]));
  }

  draw() {
    const rows = this.found();
    const from = this.page * this.size;
    const header = Number(this.block.row_header_column_index) || 0;
    const cell = (content, index) =>
      el(
        index === header ? "th" : "td",
        { class: content?.type === "raw_number" ? "align-right" : "", scope: index === header && "row", dir: "auto" },
        renderCell(content, this.block, this.surface),
      );
    this.body.replaceChildren(...rows.slice(from, from + this.size).map((cells) => el("tr", {}, cells.map(cell))));
    this.where.textContent = rows.length
      ? `${from + 1}–${Math.min(from + this.size, rows.length)} of ${rows.length}`
      : "No rows";
    this.back.disabled = this.page === 0;
    this.on.disabled = from + this.size >= rows.length;
    this.headings.forEach((heading, index) => heading.setAttribute("aria-sort", this.sortWords(index)));
  }

  sortWords(index) {
    if (this.sorted?.index !== index) return "none";
    return this.sorted.downwards ? "descending" : "ascending";
  }
}

/** What a cell says, without its form. */
function words(cell) {
  if (typeof cell?.text === "string") return cell.text;
  if (cell?.value !== undefined) return String(cell.value);
  return (cell?.elements ?? []).map(words).join("");
}

function compare(one, other) {
  if (one?.type === "raw_number" && other?.type === "raw_number") return Number(one.value) - Number(other.value);
  return words(one).localeCompare(words(other), undefined, { numeric: true });
}
