/* What makes the console better, and what nothing depends on. */
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const FORMS = {
  full: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

function writeTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    const form = FORMS[element.dataset.form] || FORMS.full;
    if (!element.title) element.title = `${element.textContent} · ${zone}`;
    element.textContent = at.toLocaleString(undefined, form);
  }
}

/* Light and dark change at once, and what is half typed stays. */
function themes() {
  for (const form of document.querySelectorAll("form.themes")) {
    form.addEventListener("submit", (event) => {
      const theme = event.submitter.value;
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form));
      body.set("theme", theme);
      fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      for (const button of document.querySelectorAll("form.themes button")) {
        button.setAttribute("aria-pressed", String(button.value === theme));
      }
    });
  }
}

/* A form with data-live is looked at while somebody types; what the house says of it stands beside it. */
function live() {
  for (const form of document.querySelectorAll("form[data-live]")) {
    const place = document.getElementById(form.dataset.place);
    let timer = 0;
    let latest = 0;
    const ask = async () => {
      const turn = ++latest;
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.live, { method: "POST", body, redirect: "manual" }).catch(() => null);
      if (!answer || !answer.ok || turn !== latest) return;
      place.innerHTML = await answer.text();
      writeTimes(place);
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 250);
    });
  }
}

/* Filters that are chosen, not typed, count at once. */
function filters() {
  for (const form of document.querySelectorAll("form.filters")) {
    form.addEventListener("change", (event) => {
      if (event.target.tagName === "SELECT" || event.target.type === "date") form.requestSubmit();
    });
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
    });
  }
}

/* An export says how far it is. */
function exports() {
  for (const form of document.querySelectorAll("form[data-progress]")) {
    form.addEventListener("submit", () => {
      const place = document.getElementById(form.dataset.progress);
      const bar = place.querySelector("progress");
      const words = place.querySelector("[role=status]");
      place.hidden = false;
      const look = async () => {
        const answer = await fetch(`/audit/progress?of=${encodeURIComponent(form.elements.watch.value)}`).catch(() => null);
        const found = answer && answer.ok ? await answer.json() : null;
        if (found && found.total) {
          bar.max = found.total;
          bar.value = found.done;
          words.textContent = found.over
            ? `Done: ${found.done.toLocaleString()} entries.`
            : `${found.done.toLocaleString()} of ${found.total.toLocaleString()} entries`;
        }
        if (!found || !found.over) setTimeout(look, 400);
      };
      setTimeout(look, 200);
    });
  }
}

/* A form that is on its way is not sent twice. A download leaves the page as it is, so its button comes back. */
function once() {
  for (const form of document.querySelectorAll("form[method=post]:not(.themes)")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      setTimeout(() => {
        for (const button of form.querySelectorAll("button")) button.disabled = true;
      });
      setTimeout(() => {
        for (const button of form.querySelectorAll("button")) button.disabled = false;
      }, 4000);
    });
  }
}

/* A slash goes to the search field of the page. */
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
  const field = document.querySelector("input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

writeTimes(document);
themes();
live();
filters();
exports();
once();
