/** Shows `markdown` blocks: ordinary Markdown, of which raw HTML is never a part. */

import { el } from "../dom.js";
import { withEmoji } from "./emoji.js";
import { safeImage, link } from "./links.js";

/** Show a Markdown text. */
export function renderMarkdown(source) {
  const reader = { lines: source.replaceAll("\r\n", "\n").split("\n"), at: 0 };
  const nodes = [];
  while (reader.at < reader.lines.length) {
    const node = readBlock(reader);
    if (node) nodes.push(node);
  }
  return el("div", { class: "markdown" }, nodes);
}

function readBlock(reader) {
  const line = reader.lines[reader.at];
  if (line.trim() === "") return void (reader.at += 1);
  for (const [pattern, read] of READERS) {
    const found = pattern.exec(line);
    if (found) return read(reader, found);
  }
  return paragraph(reader);
}

const FENCE = /^ {0,3}(```+|~~~+)\s*(\S*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const TABLE = /^\s*\|.*\|\s*$/;

const READERS = [
  [FENCE, readFence],
  [HEADING, readHeading],
  [RULE, (reader) => (reader.at++, el("hr", { class: "divider" }))],
  [QUOTE, readQuote],
  [ITEM, readList],
  [TABLE, readTable],
];

function readFence(reader, [, fence]) {
  const end = reader.lines.findIndex((line, index) => index > reader.at && line.trim().startsWith(fence));
  const until = end < 0 ? reader.lines.length : end;
  const text = reader.lines.slice(reader.at + 1, until).join("\n");
  reader.at = until + 1;
  return el("pre", { class: "preformatted", tabIndex: 0 }, text);
}

function readHeading(reader, [, marks, words]) {
  reader.at += 1;
  const level = Math.min(marks.length, 4);
  return el(
    "div",
    { class: `heading heading-${level}`, role: "heading", "aria-level": level + 2, dir: "auto" },
    inline(words),
  );
}

function readQuote(reader) {
  const lines = takeWhile(reader, (line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ""));
  return el(
    "blockquote",
    { class: "quote" },
    lines.flatMap((line, index) => (index ? ["\n", inline(line)] : [inline(line)])),
  );
}

function readList(reader) {
  const lines = takeWhile(reader, (line) => ITEM.test(line) || /^\s{2,}\S/.test(line));
  const items = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found)
      items.push({
        depth: Math.min(Math.floor(found[1].length / 2), 8),
        ordered: /\d/.test(found[2]),
        words: [found[3]],
      });
    else items.at(-1)?.words.push(line.trim());
  }
  return nested(items, { at: 0 }, items[0]?.depth ?? 0);
}

function nested(items, reader, depth) {
  const first = items[reader.at];
  const list = el(first.ordered ? "ol" : "ul", { class: "markdown-list" });
  while (reader.at < items.length && items[reader.at].depth >= depth) {
    if (items[reader.at].depth > depth)
      (list.lastElementChild ?? list).append(nested(items, reader, items[reader.at].depth));
    else list.append(listItem(items[reader.at++].words.join(" ")));
  }
  return list;
}

function listItem(words) {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(words);
  if (!task) return el("li", { dir: "auto" }, inline(words));
  return el(
    "li",
    { class: "task-item", dir: "auto" },
    el("input", {
      type: "checkbox",
      disabled: true,
      checked: task[1] !== " ",
      "aria-label": task[1] === " " ? "To do" : "Done",
    }),
    " ",
    inline(task[2]),
  );
}

function readTable(reader) {
  const rows = takeWhile(reader, (line) => TABLE.test(line)).map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|")),
  );
  const ruled = rows[1]?.every((cell) => /^:?-+:?$/.test(cell));
  const [head, body] = ruled ? [rows[0], rows.slice(2)] : [null, rows];
  const cells = (row, tag) =>
    el(
      "tr",
      {},
      row.map((cell) => el(tag, { dir: "auto" }, inline(cell))),
    );
  return el(
    "div",
    { class: "table-frame", tabIndex: 0, role: "region", "aria-label": "Table" },
    el(
      "table",
      { class: "table" },
      head && el("thead", {}, cells(head, "th")),
      el(
        "tbody",
        {},
        body.map((row) => cells(row, "td")),
      ),
    ),
  );
}

function paragraph(reader) {
  const lines = takeWhile(
    reader,
    (line, index) => line.trim() !== "" && (index === 0 || !READERS.some(([pattern]) => pattern.test(line))),
  );
  return el(
    "p",
    { class: "lines", dir: "auto" },
    lines.flatMap((line, index) => (index ? ["\n", inline(line)] : [inline(line)])),
  );
}

function takeWhile(reader, fits) {
  const from = reader.at;
  while (reader.at < reader.lines.length && fits(reader.lines[reader.at], reader.at - from)) reader.at += 1;
  return reader.lines.slice(from, reader.at);
}

const INLINE = [
  [/\\([\\`*_{}[\]()#+\-.!~|>])/y, ([, character]) => character],
  [/(`+)([^`\n]|[^`\n][^\n]{0,2000}?[^`\n])\1(?!`)/y, ([, , code]) => el("code", { class: "code" }, code)],
  [/!\[([^\]\n]{0,500})\]\(([^()\s]{1,3000})\)/y, ([, words, address]) => picture(address, words)],
  [
    /\[([^\]\n]{1,1000})\]\(([^()\s]{1,3000})(?:\s+"[^"\n]*")?\)/y,
    ([, words, address], depth) => link(address, /https?:/.test(words) ? words : inline(words, depth + 1)),
  ],
  [/<((?:https?:\/\/|mailto:)[^<>\s]{1,3000})>/y, ([, address]) => link(address, null)],
  [/\*\*(?=\S)([^\n]{1,2000}?\S|\S)\*\*/y, ([, words], depth) => el("strong", {}, inline(words, depth + 1))],
  [
    /__(?=\S)([^\n]{1,2000}?\S|\S)__(?![\p{L}\p{N}])/uy,
    ([, words], depth) => el("strong", {}, inline(words, depth + 1)),
  ],
  [/~~(?=\S)([^\n]{1,2000}?\S|\S)~~/y, ([, words], depth) => el("s", {}, inline(words, depth + 1))],
  [/\*(?=[^\s*])([^*\n]{1,2000}?[^\s*]|[^\s*])\*/y, ([, words], depth) => el("em", {}, inline(words, depth + 1))],
  [
    /(?<![\p{L}\p{N}])_(?=[^\s_])([^_\n]{1,2000}?[^\s_]|[^\s_])_(?![\p{L}\p{N}])/uy,
    ([, words], depth) => el("em", {}, inline(words, depth + 1)),
  ],
  [/https?:\/\/[^\s<>"'|]+[^\s<>"'|.,;:!?)\]*_~]/y, ([address]) => link(address, null)],
];

const STARTS = /[\\`![<*_~h]/g;

const picture = (address, words) => {
  const source = safeImage(address);
  return source
    ? el("img", { class: "block-image", src: source, alt: words, loading: "lazy", referrerPolicy: "no-referrer" })
    : words;
};

/** The marked-up words of one line. */
function inline(source, depth = 0) {
  if (depth > 4) return [source];
  const nodes = [];
  let words = "";
  let at = 0;
  while (at < source.length) {
    STARTS.lastIndex = at;
    const next = STARTS.exec(source)?.index ?? source.length;
    words += source.slice(at, next);
    at = next;
    const taken = at < source.length && takeInline(source, at, depth);
    if (taken) {
      nodes.push(withEmoji(words), taken.node);
      words = "";
      at += taken.length;
    } else if (at < source.length) words += source[at++];
  }
  nodes.push(withEmoji(words));
  return nodes.filter((node) => node !== "");
}

function takeInline(source, at, depth) {
  for (const [pattern, make] of INLINE) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) return { node: make(found, depth), length: found[0].length };
  }
  return null;
}
