/** Shows what the page does not know as a labelled placeholder with its JSON: nothing is ever dropped unseen. */

import { el } from "../dom.js";

/** A placeholder for one block, element or text part that has no renderer. */
export function unknownThing(kind, thing) {
  const type = typeof thing?.type === "string" ? thing.type : "without a type";
  return el(
    "details",
    { class: "unknown" },
    el("summary", {}, `Unknown ${kind}: `, el("code", { class: "code" }, el("bdi", {}, type))),
    rawJson(thing),
  );
}

/** Any value as indented JSON. */
export const rawJson = (value) =>
  el("pre", { class: "preformatted raw-json", tabIndex: 0 }, JSON.stringify(value, null, 2) ?? String(value));
