/** Starts the page: finds out who the person is, and opens the workspace as them. */

import { read } from "./api.js";
import { el } from "./dom.js";
import { insideAddress } from "./render/links.js";
import { startTheme } from "./theme.js";
import { Workspace } from "./workspace.js";

const root = document.getElementById("app");

async function start() {
  startTheme();
  const inside = insideAddress(location.href);
  if (inside) history.replaceState(null, "", `/${location.search}${inside}`);
  const bootstrap = await read("bootstrap");
  if (!bootstrap.ok) return showTrouble(bootstrap.message);
  const people = bootstrap.users.filter((user) => !user.is_bot);
  const wanted = new URLSearchParams(location.search).get("as");
  const me = people.find((user) => user.id === wanted) ?? people[0];
  if (!me) return showTrouble("Nobody lives in this workspace yet.");
  await new Workspace(root, bootstrap, me.id).start();
  return root.removeAttribute("aria-busy");
}

function showTrouble(words) {
  const again = el(
    "button",
    { type: "button", class: "button primary", onclick: () => location.reload() },
    "Try again",
  );
  root.replaceChildren(
    el(
      "div",
      { class: "empty" },
      el("h1", { class: "empty-title" }, "The workspace could not be opened."),
      el("p", {}, words),
      again,
    ),
  );
  root.removeAttribute("aria-busy");
}

await start();
