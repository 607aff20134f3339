/** Writing in a message of one's own: Enter keeps the change, Escape leaves it as it was. */

import { act } from "./api.js";
import { el } from "./dom.js";
import { typedText } from "./typed_text.js";

/** Return the editor of a message as `{node, field}`; `ondone` is called when it closes, however it does. */
export function messageEditor(workspace, channel, message, ondone) {
  const field = el("textarea", {
    class: "composer-field",
    "aria-label": "Edit message",
    dir: "auto",
    rows: 1,
    value: typedText(message, workspace.directory),
  });
  const note = el("p", { class: "composer-note", role: "alert" });
  const save = async () => {
    const text = field.value.trim();
    if (!text) return void (note.textContent = "An empty message is deleted from its menu.");
    const answer = await act("edit", { user: workspace.directory.me, channel, ts: message.ts, text });
    return answer.ok ? ondone() : void (note.textContent = answer.message);
  };
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) void save();
    else if (event.key === "Escape") ondone();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const buttons = el(
    "div",
    { class: "editor-buttons" },
    el("span", { class: "quiet-text" }, "Enter saves, Escape cancels"),
    el("button", { type: "button", class: "button", onclick: ondone }, "Cancel"),
    el("button", { type: "button", class: "button primary", onclick: save }, "Save"),
  );
  const node = el("div", { class: "editor" }, el("div", { class: "composer" }, field), note, buttons);
  return { node, field };
}
