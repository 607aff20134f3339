/** Shows the files that came with a message. */

import { el, icon } from "../dom.js";

/** Show a message's files as links that download them. */
export const renderFiles = (files) => (files ?? []).map(fileNode);

function fileNode(file) {
  const name = file.title || file.name || file.id;
  const details = [file.mimetype, size(file.size)].filter(Boolean).join(" · ");
  const words = [
    icon("file"),
    el(
      "span",
      { class: "menu-words" },
      el("bdi", { class: "strong" }, name),
      el("span", { class: "quiet-text" }, details),
    ),
  ];
  return file.ui_url?.startsWith("/") && !file.ui_url.startsWith("//")
    ? el("a", { class: "box file-box", href: file.ui_url, download: file.name ?? "" }, words)
    : el("div", { class: "box file-box" }, words);
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  const units = ["bytes", "kB", "MB", "GB"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${Math.round((bytes / 1000 ** step) * 10) / 10} ${units[step]}`;
}
