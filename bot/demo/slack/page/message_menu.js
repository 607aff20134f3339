/** The "More actions" menu of a message: the apps' message shortcuts, its JSON; for one's own, to edit and delete it. */

import { act } from "./api.js";
import { confirmed } from "./confirm.js";
import { el, icon, iconButton, uniqueId } from "./dom.js";
import { openMenu } from "./popover.js";
import { rawJson } from "./render/unknown.js";

/** Open the menu of one message; `onedit` opens it for writing. */
export function messageMenu(workspace, channel, message, anchor, onedit) {
  const items = [{ label: "View as JSON", icon: icon("braces"), onpick: () => showJson("Message", message) }];
  if (!message.is_ephemeral) items.unshift(...shortcutItems(workspace, channel, message));
  if (isOwn(workspace, message)) items.push(...ownItems(workspace, channel, message, onedit));
  openMenu(anchor, items, { label: "More actions" });
}

/** Whether this person wrote it and may change it. */
export const isOwn = (workspace, message) =>
  message.user === workspace.directory.me && !message.is_ephemeral && !message.bot_id && !message.subtype?.match(/^tomb/);

function ownItems(workspace, channel, message, onedit) {
  const me = workspace.directory.me;
  const question = {
    title: { type: "plain_text", text: "Delete message" },
    text: { type: "plain_text", text: "Are you sure you want to delete this message? This cannot be undone." },
    confirm: { type: "plain_text", text: "Delete" },
    deny: { type: "plain_text", text: "Cancel" },
    style: "danger",
  };
  const remove = async () => {
    if (await confirmed(question, null)) workspace.report(await act("delete", { user: me, channel, ts: message.ts }));
  };
  return [
    { label: "Edit message", icon: icon("pencil"), onpick: onedit },
    { label: "Delete message…", icon: icon("trash"), danger: true, onpick: remove },
  ];
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
