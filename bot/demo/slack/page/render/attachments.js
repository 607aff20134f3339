/** Shows the older kind of message content, attachments, beside a coloured bar. */

import { clockTime, fullTime, momentOf } from "../clock.js";
import { el } from "../dom.js";
import { renderBlocks } from "./blocks.js";
import { renderImage } from "./images.js";
import { link } from "./links.js";
import { renderMrkdwn } from "./text.js";

const COLORS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

/** Show a message's attachments. */
export const renderAttachments = (attachments, surface) =>
  (attachments ?? []).map((attachment) => attachmentNode(attachment, surface));

function attachmentNode(attachment, surface) {
  const bar = el("span", { class: "attachment-bar" });
  const color = COLORS[attachment.color] ?? `#${String(attachment.color ?? "").replace(/^#/, "")}`;
  if (/^#[0-9a-f]{3,8}$/i.test(color)) bar.style.setProperty("background-color", color);
  const content = attachment.blocks?.length
    ? renderBlocks(el("div", { class: "blocks" }), attachment.blocks, surface)
    : parts(attachment, surface);
  return el(
    "div",
    { class: "attachment-outer" },
    attachment.pretext && el("div", {}, renderMrkdwn(attachment.pretext, surface)),
    el("div", { class: "attachment" }, bar, el("div", { class: "attachment-body" }, content)),
  );
}

function parts(attachment, surface) {
  const footer = [attachment.footer, attachment.ts && clockTime(momentOf(attachment.ts))].filter(Boolean).join(" · ");
  return [
    attachment.author_name &&
      el(
        "div",
        { class: "quiet-text" },
        attachment.author_link
          ? link(attachment.author_link, attachment.author_name)
          : el("bdi", {}, attachment.author_name),
      ),
    attachment.title &&
      el(
        "div",
        { class: "strong" },
        attachment.title_link ? link(attachment.title_link, attachment.title) : el("bdi", {}, attachment.title),
      ),
    attachment.text && el("div", { class: "text" }, renderMrkdwn(attachment.text, surface)),
    attachment.fields?.length &&
      el(
        "div",
        { class: "fields" },
        attachment.fields.map((field) =>
          el(
            "div",
            { class: "field-text" },
            el("div", { class: "strong" }, field.title),
            renderMrkdwn(field.value, surface),
          ),
        ),
      ),
    attachment.image_url &&
      renderImage({ image_url: attachment.image_url, alt_text: attachment.fallback ?? "" }, "block-image"),
    footer && el("div", { class: "quiet-text", title: attachment.ts ? fullTime(momentOf(attachment.ts)) : "" }, footer),
    !attachment.text && !attachment.title && attachment.fallback && el("div", {}, attachment.fallback),
  ];
}
