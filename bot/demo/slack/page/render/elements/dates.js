/** Shows the pickers of a day, a time and a moment, with the browser's own controls. */

import { el } from "../../dom.js";
import { plainWords } from "../text.js";

/** A day as `YYYY-MM-DD`. */
export const datepicker = (port) =>
  picker(
    port,
    "date",
    (content) => content ?? "",
    (entered) => entered || null,
  );

/** A time as `HH:MM`. */
export const timepicker = (port) =>
  picker(
    port,
    "time",
    (content) => content ?? "",
    (entered) => entered.slice(0, 5) || null,
  );

/** A moment as seconds since 1970, entered in this browser's time zone. */
export const datetimepicker = (port) =>
  picker(port, "datetime-local", localMoment, (entered) =>
    entered ? Math.floor(new Date(entered).getTime() / 1000) : null,
  );

function localMoment(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const moment = new Date(seconds * 1000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function picker(port, type, shown, read) {
  const control = el("input", {
    type,
    class: "field field-date",
    ...port.naming(plainWords(port.element.placeholder) || "Date"),
    value: shown(port.content()),
  });
  control.addEventListener("change", async () => {
    if (!(await port.choose(read(control.value), control))) control.value = shown(port.content());
  });
  return control;
}
