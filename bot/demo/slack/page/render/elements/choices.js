/** Shows checkboxes and radio buttons. */

import { el, uniqueId } from "../../dom.js";
import { plainWords, renderText } from "../text.js";

/** A group of checkboxes. */
export function checkboxes(port) {
  return group(port, "checkbox", (control, option) => {
    const others = (port.content() ?? []).filter((chosen) => chosen.value !== option.value);
    return control.checked ? inOrder(port.element.options, [...others, option]) : others;
  });
}

/** A group of radio buttons. */
export const radioButtons = (port) => group(port, "radio", (control, option) => option);

const inOrder = (options, chosen) => options.filter((option) => chosen.some((other) => other.value === option.value));

const chosenValues = (content) => new Set([content ?? []].flat().map((option) => option.value));

function group(port, type, contentAfter) {
  const name = uniqueId("choice");
  const role = type === "radio" ? "radiogroup" : "group";
  const node = el("div", { class: "choices", role, ...port.naming(type === "radio" ? "Choose one" : "Choose any") });
  const draw = () => {
    const chosen = chosenValues(port.content());
    for (const control of node.querySelectorAll("input")) control.checked = chosen.has(control.value);
  };
  const change = async (control, option) => {
    if (!(await port.choose(contentAfter(control, option), node))) draw();
  };
  for (const option of port.element.options ?? []) node.append(choice(option, { type, name, port, change }));
  draw();
  return node;
}

function choice(option, { type, name, port, change }) {
  const control = el("input", {
    type,
    name,
    value: option.value,
    onchange: ({ currentTarget }) => change(currentTarget, option),
  });
  const words = el("span", { class: "choice-words", dir: "auto" }, renderText(option.text, port.surface));
  const description =
    plainWords(option.description) &&
    el("span", { class: "choice-description", dir: "auto" }, renderText(option.description, port.surface));
  return el("label", { class: "choice" }, control, el("span", {}, words, description));
}
