/** Turns what was typed with mrkdwn marks into rich text, and rich text back into what one would type. */

import { parseMrkdwn } from "./mrkdwn.js";

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A `rich_text` block of what was typed, or `null` for nothing. */
export function richTextFrom(typed) {
  if (!typed.trim()) return null;
  const elements = parseMrkdwn(escape(typed)).map(part);
  return { type: "rich_text", elements: mergedSections(elements) };
}

function part(block) {
  if (block.kind === "preformatted")
    return { type: "rich_text_preformatted", elements: [{ type: "text", text: block.text }] };
  if (block.kind === "quote")
    return {
      type: "rich_text_quote",
      elements: block.lines.flatMap((line, index) =>
        index ? [{ type: "text", text: "\n" }, ...leaves(line)] : leaves(line),
      ),
    };
  return { type: "rich_text_section", elements: leaves(block.children) };
}

function mergedSections(elements) {
  const merged = [];
  for (const element of elements) {
    const last = merged.at(-1);
    if (element.type === "rich_text_section" && last?.type === "rich_text_section")
      last.elements.push({ type: "text", text: "\n" }, ...element.elements);
    else merged.push(element);
  }
  return merged.filter((element) => element.elements.length > 0);
}

function leaves(nodes, style = {}) {
  const withStyle = (leaf) => (Object.keys(style).length ? { ...leaf, style } : leaf);
  return nodes.flatMap((node) => {
    if (node.kind === "styled") return leaves(node.children, { ...style, [node.style]: true });
    if (node.kind === "code") return [{ type: "text", text: node.text, style: { ...style, code: true } }];
    if (node.kind === "emoji") return [{ type: "emoji", name: node.name }];
    if (node.kind === "link") return [withStyle({ type: "link", url: node.address })];
    return [withStyle({ type: "text", text: node.text ?? "" })];
  });
}

/** What one would type to get this rich text. */
export function richTextSource(block) {
  return (block?.elements ?? []).map(partSource).join("\n");
}

function partSource(element) {
  const words = (element.elements ?? []).map(leafSource).join("");
  if (element.type === "rich_text_preformatted") return `\`\`\`\n${words}\n\`\`\``;
  if (element.type === "rich_text_quote")
    return words
      .split("\n")
      .map((line) => `> ${line}`)
      .join("\n");
  if (element.type === "rich_text_list")
    return (element.elements ?? []).map((item) => `• ${(item.elements ?? []).map(leafSource).join("")}`).join("\n");
  return words;
}

const MARKS = [
  ["code", "`"],
  ["strike", "~"],
  ["italic", "_"],
  ["bold", "*"],
];

function leafSource(leaf) {
  const words =
    {
      emoji: `:${leaf.name}:`,
      link: leaf.url,
      user: `@${leaf.user_id}`,
      channel: `#${leaf.channel_id}`,
      broadcast: `@${leaf.range}`,
    }[leaf.type] ?? String(leaf.text ?? "");
  return MARKS.filter(([style]) => leaf.style?.[style]).reduce((inner, [, mark]) => `${mark}${inner}${mark}`, words);
}
