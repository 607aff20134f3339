/** Shows what is typed: text, addresses, numbers, formatted text, and files. */

import { upload } from "../../api.js";
import { el, uniqueId } from "../../dom.js";
import { richTextFrom, richTextSource } from "../rich_source.js";
import { plainWords } from "../text.js";

/** How long someone must pause before the app hears of what they type. */
const PAUSE = 350;

/** A field for so many characters or fewer always says how many there are. */
const SHORT = 500;

/** Text of one or many lines, with a counter where a length is asked for. */
export function plainTextInput(port) {
  const control = port.element.multiline ? el("textarea", { rows: 4 }) : el("input", { type: "text" });
  return textField(port, control);
}

export const emailInput = (port) =>
  textField(port, el("input", { type: "email", inputMode: "email", autocomplete: "off" }));
export const urlInput = (port) => textField(port, el("input", { type: "url", inputMode: "url", autocomplete: "off" }));

/** A number stays the text that was typed: what is a number is for the server to say. */
export const numberInput = (port) =>
  textField(port, el("input", { type: "text", inputMode: port.element.is_decimal_allowed ? "decimal" : "numeric" }));

/** Formatted text, typed with the marks of mrkdwn. */
export function richTextInput(port) {
  const control = el("textarea", { rows: 4 });
  const field = textField(port, control, { shown: richTextSource, read: richTextFrom });
  return el(
    "div",
    { class: "stack" },
    field,
    el("p", { class: "hint" }, "Formats: *bold*  _italic_  ~struck~  `code`  > quote"),
  );
}

const AS_TYPED = { shown: (content) => content ?? "", read: (typed) => typed || null };

function textField(port, control, { shown, read } = AS_TYPED) {
  const { element } = port;
  const settings = { class: "field", dir: "auto", ...port.naming(plainWords(element.placeholder) || "Text") };
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) control.setAttribute(name, value);
  control.placeholder = plainWords(element.placeholder);
  control.autofocus = element.focus_on_load === true;
  control.spellcheck = true;
  control.value = shown(port.content());
  const counter = counterOf(element, control);
  const dispatch = dispatcher(port, control);
  control.addEventListener("input", () => {
    const value = port.keep(read(control.value));
    counter?.update();
    dispatch.typed(value);
  });
  control.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && control.tagName === "INPUT" && !event.ctrlKey && !event.metaKey)
      dispatch.entered(port.keep(read(control.value)));
  });
  const hint = dispatch.onEnter && control.tagName === "INPUT" && el("p", { class: "hint" }, "Press Enter to apply.");
  return counter || hint ? el("div", { class: "stack" }, control, hint, counter?.node) : control;
}

function counterOf(element, control) {
  if (!element.max_length && !element.min_length) return null;
  const node = el("p", { class: "counter", id: uniqueId("counter") });
  const update = () => {
    const length = [...control.value].length;
    node.classList.toggle("over", length > element.max_length);
    node.textContent = lengthWords(length, element.min_length ?? 0, element.max_length ?? Infinity);
  };
  update();
  const described = [control.getAttribute("aria-describedby"), node.id].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", described);
  return { node, update };
}

/** What is to be said about a length; nothing as long as there is plenty of room. */
function lengthWords(length, least, most) {
  if (length < least) return `${length} characters, at least ${least} needed`;
  if (length > most) return `${length} of ${most} characters, ${length - most} too many`;
  return most <= SHORT || length > most * 0.8 ? `${length} of ${most} characters` : "";
}

/** Tells the app of typing: on Enter, or after a pause; never two tellings of one field at once, and always the last. */
function dispatcher(port, control) {
  const asked = port.element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const onEnter = port.live && asked.includes("on_enter_pressed");
  const onCharacter = port.live && asked.includes("on_character_entered");
  let timer;
  let waiting = null;
  let telling = false;
  const flush = async () => {
    clearTimeout(timer);
    if (telling || waiting === null) return;
    const value = waiting;
    waiting = null;
    telling = true;
    await port.tell(value, control);
    telling = false;
    await flush();
  };
  return {
    onEnter,
    typed(value) {
      if (!onCharacter) return;
      waiting = value;
      clearTimeout(timer);
      timer = setTimeout(flush, PAUSE);
    },
    entered(value) {
      if (!onEnter && !onCharacter) return;
      waiting = value;
      void flush();
    },
  };
}

/** Files from this computer, uploaded as soon as they are chosen. */
export function fileInput(port) {
  const list = el("ul", { class: "file-names" });
  const note = el("p", { class: "hint", role: "status" });
  const show = () =>
    list.replaceChildren(...(port.content() ?? []).map((file) => el("li", {}, el("bdi", {}, file.name))));
  const accept = (port.element.filetypes ?? []).map((type) => `.${type}`).join(",");
  const control = el("input", {
    type: "file",
    class: "field-file",
    accept,
    multiple: (port.element.max_files ?? 10) > 1,
    ...port.naming("Files"),
  });
  control.addEventListener("change", async () => {
    note.textContent = "Uploading …";
    const answers = await Promise.all(
      [...control.files].slice(0, port.element.max_files ?? 10).map((file) => upload(port.surface.directory.me, file)),
    );
    note.textContent = answers.find((answer) => !answer.ok)?.message ?? "";
    port.keep(answers.filter((answer) => answer.ok).map((answer) => answer.file));
    show();
  });
  show();
  return el("div", { class: "stack" }, control, list, note);
}
