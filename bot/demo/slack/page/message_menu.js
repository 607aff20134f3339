/** The "More actions" menu of a message: the apps' message shortcuts, and a look at its JSON. */

import { act } from "./api.js";
import { el, icon, iconButton, uniqueId } from "./dom.js";
import { openMenu } from "./popover.js";
import { rawJson } from "./render/unknown.js";

/** Open the menu of one message. */
export function messageMenu(workspace, channel, message, anchor) {
  const items = [{ label: "View as JSON", icon: icon("braces"), onpick: () => showJson("Message", message) }];
  if (!message.is_ephemeral) items.unshift(...shortcutItems(workspace, channel, message));
  openMenu(anchor, items, { label: "More actions" });
}

function shortcutItems(workspace, channel, message) {
  const { directory } = workspace;
  return directory.apps.flatMap((app) =>
    (app.shortcuts ?? [])
      .filter((shortcut) => shortcut.type === "message")
      .map((shortcut) => ({
        label: shortcut.name,
        description: shortcut.description,
        detail: app.name,
        icon: icon("bolt"),
        onpick: async () =>
          workspace.report(
            await act("message_shortcut", {
              user: directory.me,
              app: app.id,
              callback_id: shortcut.callback_id,
              channel,
              ts: message.ts,
            }),
          ),
      })),
  );
}

/** Show any value as JSON in a dialog. */
export function showJson(title, value) {
  const id = uniqueId("json");
  const dialog = el("dialog", { class: "dialog dialog-json", "aria-labelledby": id });
  dialog.append(
    el(
      "div",
      { class: "dialog-heading" },
      el("h2", { class: "dialog-title", id }, `${title} as JSON`),
      iconButton("close", "Close", () => dialog.close()),
    ),
    rawJson(value),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
