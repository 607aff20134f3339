/** Shows rich text, Slack's own tree of sections, lists, quotes and code: nothing in it is parsed or unescaped. */

import { el, fragment } from "../dom.js";
import { link } from "./links.js";
import { emojiFromCodePoints } from "./emoji.js";
import { showChannel, showDate, showEmoji, showUser } from "./text.js";
import { unknownThing } from "./unknown.js";

/** Show a whole `rich_text` block or value. */
export function renderRichText(block, surface) {
  return el(
    "div",
    { class: "rich-text" },
    (block?.elements ?? []).map((element) => renderPart(element, surface)),
  );
}

function renderPart(element, surface) {
  const show = PARTS[element.type];
  return show ? show(element, surface) : unknownThing("rich text element", element);
}

const PARTS = {
  rich_text_section: (element, surface) => el("div", { class: "lines", dir: "auto" }, inline(element, surface)),
  rich_text_quote: (element, surface) => el("blockquote", { class: "quote", dir: "auto" }, inline(element, surface)),
  rich_text_preformatted: (element, surface) =>
    el("pre", { class: "preformatted", tabIndex: 0 }, inline(element, surface)),
  rich_text_list: renderList,
};

function renderList(element, surface) {
  const depth = Math.min(Math.max(Number(element.indent) || 0, 0), 8);
  const tag = element.style === "ordered" ? "ol" : "ul";
  const list = el(tag, { class: `rich-list depth-${depth}${element.border ? " bordered" : ""}` });
  if (tag === "ol" && element.offset > 0) list.start = element.offset + 1;
  list.append(...(element.elements ?? []).map((item) => el("li", { dir: "auto" }, inline(item, surface))));
  return list;
}

const inline = (element, surface) => (element.elements ?? []).map((leaf) => styled(leaf, renderLeaf(leaf, surface)));

function renderLeaf(leaf, surface) {
  const show = LEAVES[leaf.type];
  return show ? show(leaf, surface) : unknownThing("rich text element", leaf);
}

const LEAVES = {
  text: (leaf) => String(leaf.text ?? ""),
  link: (leaf) => link(String(leaf.url ?? ""), leaf.text || null),
  user: (leaf, surface) => showUser(leaf.user_id, surface),
  channel: (leaf, surface) => showChannel(leaf.channel_id, surface),
  usergroup: (leaf, surface) =>
    el("span", { class: "mention" }, `@${surface.directory.usergroupName(leaf.usergroup_id) ?? leaf.usergroup_id}`),
  team: (leaf, surface) => el("span", { class: "mention" }, `@${surface.directory.workspace ?? leaf.team_id}`),
  broadcast: (leaf) => el("span", { class: "mention mention-broadcast" }, `@${leaf.range}`),
  emoji: (leaf) => showEmoji(String(leaf.name ?? ""), emojiFromCodePoints(leaf.unicode)),
  date: (leaf) =>
    showDate({
      seconds: leaf.timestamp,
      format: String(leaf.format ?? ""),
      address: leaf.url ?? null,
      label: leaf.fallback ?? null,
    }),
  color: (leaf) => swatch(String(leaf.value ?? "")),
  citation: (leaf) => link(String(leaf.url ?? ""), leaf.text ?? leaf.title ?? null),
};

function swatch(value) {
  const dot = el("span", { class: "swatch" });
  if (/^#[0-9a-f]{3,8}$/i.test(value)) dot.style.setProperty("background-color", value);
  return fragment(el("span", { class: "color" }, dot, value));
}

const WRAPPERS = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
  ["highlight", "mark"],
  ["client_highlight", "mark"],
];

function styled(leaf, node) {
  const wanted = WRAPPERS.filter(([style]) => leaf.style?.[style]);
  return wanted.reduce((inner, [, tag]) => el(tag, tag === "code" ? { class: "code" } : {}, inner), node);
}
