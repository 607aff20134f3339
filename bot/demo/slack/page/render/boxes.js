/** Shows blocks that are boxes around others: alerts, cards, carousels, containers, calls and sign-ins. */

import { el, icon, iconButton } from "../dom.js";
import { renderElement } from "./elements.js";
import { renderImage } from "./images.js";
import { link } from "./links.js";
import { renderRichText } from "./rich_text.js";
import { plainWords, renderText } from "./text.js";

const ALERTS = {
  default: ["info", "Note"],
  info: ["info", "Information"],
  warning: ["warning", "Warning"],
  error: ["warning", "Error"],
  success: ["check", "Done"],
};

/** A notice whose level is said by an icon and in words for screen readers, not by its colour alone. */
export function renderAlert(block, surface) {
  const level = Object.hasOwn(ALERTS, block.level ?? "") ? block.level : "default";
  const [picture, words] = ALERTS[level];
  const role = level === "error" ? "alert" : "status";
  return el(
    "div",
    { class: `alert alert-${level}`, role },
    icon(picture),
    el("span", { class: "sr-only" }, `${words}: `),
    el("div", { class: "text" }, renderText(block.text, surface)),
  );
}

/** One card. */
export function renderCard(block, surface) {
  const heading = el(
    "div",
    { class: "card-heading" },
    block.icon && renderImage(block.icon, "card-icon"),
    el(
      "div",
      {},
      block.title && el("div", { class: "card-title" }, renderText(block.title, surface)),
      block.subtitle && el("div", { class: "quiet-text" }, renderText(block.subtitle, surface)),
    ),
  );
  return el(
    "article",
    { class: "card" },
    block.hero_image && renderImage(block.hero_image, "card-hero"),
    (block.icon || block.title || block.subtitle) && heading,
    block.body && el("div", { class: "text card-body" }, renderText(block.body, surface)),
    block.actions?.length &&
      el(
        "div",
        { class: "actions" },
        block.actions.map((element) => renderElement(element, block, surface)),
      ),
  );
}

/** Cards side by side, moved with the arrows, the wheel or a finger. */
export function renderCarousel(block, surface) {
  const track = el(
    "div",
    { class: "carousel-track", tabIndex: 0, role: "group", "aria-label": "Cards" },
    (block.elements ?? []).map((card) =>
      el("div", { class: "block carousel-item", "data-block-id": card.block_id }, renderCard(card, surface)),
    ),
  );
  const turn = (way) => () => track.scrollBy({ left: way * track.clientWidth * 0.8 });
  return el(
    "div",
    { class: "carousel" },
    track,
    el(
      "div",
      { class: "carousel-arrows" },
      iconButton("left", "Earlier cards", turn(-1)),
      iconButton("right", "Later cards", turn(1)),
    ),
  );
}

/** A titled box around child blocks, which may fold. */
export function renderContainer(block, surface, renderBlocks) {
  const title = block.rich_text_title ? renderRichText(block.rich_text_title, surface) : plainWords(block.title);
  const heading = el(
    "div",
    { class: "card-heading" },
    block.icon && renderImage(block.icon, "card-icon"),
    el(
      "div",
      {},
      el("div", { class: "card-title", dir: "auto" }, title),
      block.subtitle && el("div", { class: "quiet-text" }, renderText(block.subtitle, surface)),
    ),
  );
  const body = renderBlocks(el("div", { class: "blocks container-body" }), block.child_blocks, surface);
  const width = ["narrow", "standard", "wide", "full"].includes(block.width) ? block.width : "standard";
  const look = `box container width-${width}${block.has_header_divider ? " divided" : ""}`;
  if (!block.is_collapsible) return el("div", { class: look }, heading, body);
  return el(
    "details",
    { class: look, open: !block.default_collapsed },
    el("summary", { class: "container-summary" }, icon("right"), heading),
    body,
  );
}

/** A call that someone may join. */
export function renderCall(block) {
  const call = block.call?.v1 ?? {};
  return el(
    "div",
    { class: "box" },
    el("strong", {}, String(call.name ?? "Call")),
    " ",
    call.join_url && link(call.join_url, "Join"),
    !call.join_url && el("span", { class: "quiet-text" }, block.call_id ?? ""),
  );
}

/** A service that the person can connect to the app. */
export function renderAuthProvider(block, surface) {
  const state = block.is_connected
    ? ["Connected", plainWords(block.connected_identity), plainWords(block.connected_context)]
        .filter(Boolean)
        .join(" · ")
    : "Not connected";
  const address = block.is_connected ? block.disconnect_url : block.auth_url;
  return el(
    "div",
    { class: "box card-heading" },
    block.icon_url && renderImage({ image_url: block.icon_url, alt_text: "" }, "card-icon"),
    el(
      "div",
      { class: "grow" },
      el("div", { class: "card-title" }, plainWords(block.name)),
      block.description && el("div", {}, plainWords(block.description)),
      el("div", { class: "quiet-text" }, state),
    ),
    address && link(address, block.is_connected ? "Disconnect" : "Connect", "button"),
    block.is_connected && block.accessory && renderElement(block.accessory, block, surface),
  );
}
