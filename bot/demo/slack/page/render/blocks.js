/** Shows lists of blocks, and changes what is shown without disturbing what did not change. */

import { arrange, el } from "../dom.js";
import { renderAlert, renderAuthProvider, renderCall, renderCard, renderCarousel, renderContainer } from "./boxes.js";
import { renderChart } from "./charts.js";
import { renderElement } from "./elements.js";
import { renderImage } from "./images.js";
import { renderInput, updateInput } from "./inputs.js";
import { link } from "./links.js";
import { renderMarkdown } from "./markdown.js";
import { renderRichText } from "./rich_text.js";
import { renderDataTable, renderTable } from "./tables.js";
import { renderPlan, renderTask } from "./tasks.js";
import { plainWords, renderText } from "./text.js";
import { unknownThing } from "./unknown.js";

const BLOCKS = {
  section: renderSection,
  header: (block) =>
    el(
      "div",
      {
        class: `heading heading-${headingLevel(block)}`,
        role: "heading",
        "aria-level": headingLevel(block) + 2,
        dir: "auto",
      },
      plainWords(block.text),
    ),
  context: (block, surface) =>
    el(
      "div",
      { class: "context" },
      (block.elements ?? []).map((part) => contextPart(part, surface)),
    ),
  actions: (block, surface) => el("div", { class: "actions" }, elements(block, surface)),
  context_actions: (block, surface) => el("div", { class: "actions context-actions" }, elements(block, surface)),
  divider: () => el("hr", { class: "divider" }),
  image: renderImageBlock,
  input: renderInput,
  rich_text: renderRichText,
  markdown: (block) => renderMarkdown(String(block.text ?? "")),
  video: renderVideo,
  file: (block) => el("div", { class: "box file-box" }, `Remote file ${block.external_id ?? ""}`),
  call: renderCall,
  table: renderTable,
  data_table: renderDataTable,
  data_visualization: renderChart,
  alert: renderAlert,
  card: renderCard,
  carousel: renderCarousel,
  container: (block, surface) => renderContainer(block, surface, renderBlocks),
  plan: renderPlan,
  task_card: renderTask,
  auth_provider: renderAuthProvider,
};

/** Show one block; one that is unknown or broken is shown as its JSON. */
export function renderBlock(block, surface) {
  const show = Object.hasOwn(BLOCKS, block?.type ?? "") ? BLOCKS[block.type] : undefined;
  const node = el("div", { class: `block block-${show ? block.type : "unknown"}`, "data-block-id": block?.block_id });
  try {
    node.append(show ? show(block, surface) : unknownThing("block", block));
  } catch (error) {
    console.warn("A block could not be shown", error);
    node.replaceChildren(unknownThing("or broken block", block));
  }
  return node;
}

const memory = new WeakMap();

/**
 * Make `parent` show `blocks`. A block that is the same as before keeps its node, and so its focus, its caret and its
 * open lists; an input whose label or hint changed keeps its control.
 */
export function renderBlocks(parent, blocks, surface) {
  const before = memory.get(parent) ?? new Map();
  const after = new Map();
  const focus = focusWithin(parent);
  (blocks ?? []).forEach((block, index) => {
    const key = String(block?.block_id ?? `at ${index}`);
    after.set(after.has(key) ? `${key} again ${index}` : key, nodeFor(block, before.get(key), surface));
  });
  memory.set(parent, after);
  arrange(
    parent,
    [...after.values()].map((shown) => shown.node),
  );
  focus.restore();
  return parent;
}

function nodeFor(block, shown, surface) {
  const json = JSON.stringify(block);
  if (shown?.json === json) return shown;
  if (shown && updateInput(shown.node, shown.block, block, surface)) return { ...shown, json, block };
  return { json, block, node: renderBlock(block, surface) };
}

/** Remember which control has the focus, and where its caret stands, for when a redraw takes it away. */
function focusWithin(parent) {
  const held = document.activeElement;
  if (!held || !parent.contains(held) || !held.dataset.key) return { restore: () => {} };
  const { selectionStart, selectionEnd } = held;
  const restore = () => {
    if (document.activeElement === held || document.activeElement !== document.body) return;
    const heir = [...parent.querySelectorAll("[data-key]")].find((node) => node.dataset.key === held.dataset.key);
    (heir ?? parent.closest(".message, .modal-body, .home"))?.focus({ preventScroll: true });
    if (heir && typeof selectionStart === "number") heir.setSelectionRange?.(selectionStart, selectionEnd);
  };
  return { restore };
}

const headingLevel = (block) => Math.min(Math.max(Number(block.level) || 2, 1), 4);

const elements = (block, surface) => (block.elements ?? []).map((element) => renderElement(element, block, surface));

function renderSection(block, surface) {
  const words = el("div", { class: "section-words" });
  if (block.text) words.append(el("div", { class: "text" }, renderText(block.text, surface)));
  if (block.fields?.length)
    words.append(
      el(
        "div",
        { class: "fields" },
        block.fields.map((field) => el("div", { class: "text field-text" }, renderText(field, surface))),
      ),
    );
  const accessory =
    block.accessory && el("div", { class: "accessory" }, renderElement(block.accessory, block, surface));
  return el("div", { class: "section" }, words, accessory);
}

const contextPart = (part, surface) =>
  part.type === "image"
    ? renderImage(part, "context-image")
    : el("div", { class: "text context-text" }, renderText(part, surface));

function renderImageBlock(block) {
  const title = plainWords(block.title);
  return el(
    "figure",
    { class: "figure" },
    title && el("figcaption", { class: "caption", dir: "auto" }, title),
    renderImage(block, "block-image"),
  );
}

function renderVideo(block) {
  const title = block.title_url
    ? link(block.title_url, plainWords(block.title), "link strong")
    : el("strong", {}, plainWords(block.title));
  const origin = [block.provider_name, block.author_name].filter(Boolean).join(" · ");
  return el(
    "div",
    { class: "box video" },
    origin && el("div", { class: "quiet-text" }, origin),
    el("div", {}, title),
    block.description && el("div", { class: "quiet-text", dir: "auto" }, plainWords(block.description)),
    block.thumbnail_url && renderImage({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "block-image"),
    block.video_url && el("div", {}, link(block.video_url, "Play the video")),
  );
}
