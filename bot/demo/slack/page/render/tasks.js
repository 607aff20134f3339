/** Shows plans and the tasks in them. */

import { el, icon } from "../dom.js";
import { link } from "./links.js";
import { renderRichText } from "./rich_text.js";
import { plainWords } from "./text.js";

const STATES = {
  pending: ["circle", "To do"],
  in_progress: ["circle", "In progress"],
  complete: ["check", "Done"],
  error: ["warning", "Failed"],
};

/** A plan with its tasks in order. */
export function renderPlan(block, surface) {
  return el(
    "div",
    { class: "box plan" },
    el("div", { class: "card-title", dir: "auto" }, plainWords(block.title)),
    el(
      "ol",
      { class: "tasks" },
      (block.tasks ?? []).map((task) => el("li", {}, renderTask(task, surface))),
    ),
  );
}

/** One task: its state in a word, what it did and where it looked. */
export function renderTask(task, surface) {
  const state = Object.hasOwn(STATES, task.status ?? "") ? task.status : "pending";
  const [picture, words] = STATES[state];
  return el(
    "div",
    { class: `task task-${state}` },
    el(
      "div",
      { class: "task-heading" },
      icon(picture),
      el("span", { class: "task-title", dir: "auto" }, plainWords(task.title)),
      el("span", { class: "task-state" }, words),
    ),
    task.details && el("div", { class: "task-part" }, renderRichText(task.details, surface)),
    task.output && el("div", { class: "task-part" }, renderRichText(task.output, surface)),
    task.sources?.length &&
      el(
        "ul",
        { class: "task-part task-sources" },
        task.sources.map((source) => el("li", {}, link(String(source.url ?? ""), source.text ?? null))),
      ),
  );
}
