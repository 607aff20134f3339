/** Asks before something happens, with the app's own words. */

import { el, uniqueId } from "./dom.js";
import { plainWords, renderText } from "./render/text.js";

/** Show an element's `confirm` object; resolves to whether the person agreed. Without one it agrees at once. */
export function confirmed(confirm, surface) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const title = uniqueId("confirm");
    const dialog = el("dialog", { class: "dialog dialog-small", "aria-labelledby": title });
    const answer = (agreed) => () => {
      resolve(agreed);
      dialog.close();
    };
    const style = confirm.style === "danger" ? "button danger" : "button primary";
    dialog.append(
      el("h2", { class: "dialog-title", id: title }, plainWords(confirm.title) || "Are you sure?"),
      el("div", { class: "dialog-text" }, renderText(confirm.text, surface)),
      el(
        "div",
        { class: "dialog-buttons" },
        el("button", { type: "button", class: "button", onclick: answer(false) }, plainWords(confirm.deny) || "Cancel"),
        el(
          "button",
          { type: "button", class: style, onclick: answer(true), autofocus: true },
          plainWords(confirm.confirm) || "Yes",
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(false);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
