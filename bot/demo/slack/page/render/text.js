/** Shows text objects: plain text as it is, mrkdwn as the tree that its parser made of it. */

import { fillDateFormat } from "../clock.js";
import { el, fragment } from "../dom.js";
import { emojiNamed, withEmoji } from "./emoji.js";
import { link } from "./links.js";
import { parseMrkdwn } from "./mrkdwn.js";

/** Show a text object of either kind, or a bare string. */
export function renderText(text, surface) {
  if (text === undefined || text === null) return fragment();
  if (typeof text === "string") return fragment(withEmoji(text));
  if (text.type === "mrkdwn") return renderMrkdwn(text.text, surface, { verbatim: text.verbatim === true });
  return fragment(plainWords(text));
}

/** The words of a text object without any form, for labels that only a string can carry. */
export const plainWords = (text) => {
  if (text === undefined || text === null) return "";
  if (typeof text === "string") return text;
  return text.emoji === false ? String(text.text ?? "") : withEmoji(String(text.text ?? ""));
};

/** Show mrkdwn; its text is what an app sent, with `&`, `<` and `>` escaped. */
export function renderMrkdwn(source, surface, { verbatim = false } = {}) {
  const result = [];
  let lines = [];
  const closeLines = () => {
    if (lines.length) result.push(el("div", { class: "lines", dir: "auto" }, ...joined(lines, surface)));
    lines = [];
  };
  for (const block of parseMrkdwn(String(source ?? ""), { verbatim })) {
    if (block.kind === "line") {
      lines.push(block.children);
      continue;
    }
    closeLines();
    if (block.kind === "quote")
      result.push(el("blockquote", { class: "quote", dir: "auto" }, ...joined(block.lines, surface)));
    else result.push(el("pre", { class: "preformatted", tabIndex: 0 }, block.text));
  }
  closeLines();
  return fragment(result);
}

function joined(lines, surface) {
  return lines.flatMap((children, index) => (index ? ["\n", ...inline(children, surface)] : inline(children, surface)));
}

const inline = (nodes, surface) => nodes.map((node) => SHOW[node.kind](node, surface));

const STYLED = { bold: "strong", italic: "em", strike: "s" };

const SHOW = {
  text: (node) => node.text,
  styled: (node, surface) => el(STYLED[node.style], {}, ...inline(node.children, surface)),
  code: (node) => el("code", { class: "code" }, node.text),
  emoji: (node) => showEmoji(node.name),
  link: (node) => link(node.address, node.label ?? node.address.replace(/^mailto:/, "")),
  user: (node, surface) => showUser(node.id, surface, node.label),
  channel: (node, surface) => showChannel(node.id, surface, node.label),
  usergroup: (node, surface) =>
    mention(`@${(surface.directory.usergroupName(node.id) ?? node.label ?? node.id).replace(/^@/, "")}`),
  broadcast: (node) => mention(`@${node.range}`, "mention mention-broadcast"),
  date: (node) => showDate(node),
};

const mention = (words, className = "mention") => el("span", { class: className }, el("bdi", {}, words));

/** An emoji by name, with the name for those who cannot see it; an unknown one as it was written. */
export function showEmoji(name, characters = emojiNamed(name)) {
  return characters
    ? el("span", { class: "emoji", role: "img", "aria-label": `:${name}:`, title: `:${name}:` }, characters)
    : `:${name}:`;
}

/** A person's name as a mention. */
export const showUser = (id, surface, label = null) =>
  mention(
    `@${surface.directory.userName(id) ?? label ?? id}`,
    id === surface.directory.me ? "mention mention-me" : "mention",
  );

/** A channel's name that leads to the channel when it is one of this workspace. */
export function showChannel(id, surface, label = null) {
  const name = surface.directory.channelName(id);
  if (name === undefined) return mention(`#${label ?? id}`);
  return el("a", { class: "mention", href: `#${id}` }, el("bdi", {}, `#${name}`));
}

/** A moment in the reader's own time zone, or its fallback when the format cannot be filled. */
export function showDate({ seconds, format, address, label }) {
  const words = fillDateFormat(seconds, format) ?? label ?? "";
  return address ? link(address, words) : el("time", { title: label ?? "" }, words);
}
