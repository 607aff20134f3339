/** Shows input blocks: a label, the element, a hint, and what is wrong with the entry. */

import { el, uniqueId } from "../dom.js";
import { renderElement } from "./elements.js";
import { plainWords } from "./text.js";

/** Show an input block. */
export function renderInput(block, surface) {
  const label = uniqueId("label");
  const hint = uniqueId("hint");
  const error = uniqueId("error");
  const relation = { live: block.dispatch_action === true, labelledBy: label, describedBy: `${hint} ${error}` };
  const node = el(
    "div",
    { class: "input" },
    el("div", { class: "input-label", id: label }),
    el("div", { class: "input-element" }, renderElement(block.element, block, surface, relation)),
    el("p", { class: "hint", id: hint }),
    el("p", { class: "input-error", id: error, role: "alert" }),
  );
  writeWords(node, block);
  node
    .querySelector(".input-label")
    .addEventListener("click", () =>
      node.querySelector(".input-element :is(input, textarea, button, select)")?.focus(),
    );
  return node;
}

/** Change a shown input block in place if its element is still the same one; `false` when it must be shown anew. */
export function updateInput(node, before, after) {
  const same = before.type === "input" && after.type === "input" && before.dispatch_action === after.dispatch_action;
  if (!same || withoutInitial(before.element) !== withoutInitial(after.element)) return false;
  writeWords(node, after);
  return true;
}

/** An app that repeats the entry as the new initial value has not changed the element. */
const withoutInitial = (element) =>
  JSON.stringify(element, (name, value) =>
    name.startsWith("initial_") || name === "focus_on_load" ? undefined : value,
  );

function writeWords(node, block) {
  const optional = block.optional ? [" ", el("span", { class: "optional" }, "(optional)")] : [];
  node.querySelector(".input-label").replaceChildren(plainWords(block.label), ...optional);
  node.querySelector(".hint[id]").textContent = plainWords(block.hint);
}

/** Say below each input what is wrong with it; inputs that `errors` does not name are fine again. Returns the first. */
export function showErrors(parent, errors) {
  let first = null;
  for (const block of parent.querySelectorAll(".block-input")) {
    const words = errors[block.dataset.blockId] ?? "";
    block.querySelector(".input-error").textContent = words;
    block.classList.toggle("wrong", words !== "");
    for (const control of block.querySelectorAll("[data-key]"))
      control.setAttribute("aria-invalid", String(words !== ""));
    if (words && !first) first = block;
  }
  return first;
}
