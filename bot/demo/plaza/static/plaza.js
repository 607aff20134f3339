"use strict";
// Everything works without this file. With it, new posts appear by themselves and letters are counted.

const live = document.getElementById("live");
const news = document.getElementById("news");
const longest = Number(document.body.dataset.longest);
let changes = document.body.dataset.changes;

function letters(text) {
  const shortened = text
    .replace(/https?:\/\/[^\s<>"]+\.[^\s<>"]+/g, "x".repeat(23))
    .replace(/(@[A-Za-z0-9_]+)@[\w.-]+/g, "$1");
  return [...new Intl.Segmenter().segment(shortened)].length;
}

document.addEventListener("input", (event) => {
  const count = event.target.closest(".write")?.querySelector("[data-count]");
  if (!count) return;
  const left = longest - letters(event.target.value);
  count.textContent = left < 120 ? String(left) : "";
  count.classList.toggle("over", left < 0);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest(".write")?.requestSubmit();
});

document.addEventListener("toggle", (event) => {
  if (event.target.open) event.target.querySelector("textarea")?.focus();
}, true);

function isBusy(post) {
  return post.querySelector("details[open]") !== null;
}

function merge(section, fresh) {
  const wanted = new Set([...fresh.querySelectorAll(".post")].map((post) => post.id));
  let before = null;
  for (const post of fresh.querySelectorAll(".post")) {
    const known = document.getElementById(post.id);
    if (!known) {
      post.classList.add("arrived");
      if (before) before.after(post); else section.prepend(post);
      news.textContent = `${post.dataset.author} replied`;
      before = post;
    } else {
      before = known;
      if (known.dataset.key !== post.dataset.key && !isBusy(known)) {
        known.replaceWith(post);
        before = post;
      }
    }
  }
  for (const post of section.querySelectorAll(".post")) {
    if (!wanted.has(post.id) && !isBusy(post)) post.remove();
  }
}

function redraw(page) {
  const threads = [...page.querySelectorAll("#live > .thread")];
  const wanted = new Set(threads.map((thread) => thread.id));
  for (const fresh of threads.reverse()) {
    const section = document.getElementById(fresh.id);
    if (section) {
      merge(section, fresh);
    } else {
      fresh.classList.add("arrived");
      live.prepend(fresh);
      news.textContent = `${fresh.querySelector(".post")?.dataset.author ?? "Someone"} posted`;
    }
  }
  for (const section of live.querySelectorAll(".thread")) {
    if (!wanted.has(section.id) && !isBusy(section)) section.remove();
  }
  tell();
}

async function look() {
  if (document.hidden) return;
  try {
    const pulse = await (await fetch("/pulse")).json();
    if (String(pulse.changes) === changes) return;
    const answer = await fetch(location.pathname + location.search);
    if (!answer.ok) return;
    redraw(new DOMParser().parseFromString(await answer.text(), "text/html"));
    changes = String(pulse.changes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // The server is away: look again later.
  }
}

function tell() {
  for (const time of document.querySelectorAll(".when time")) {
    const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
    if (minutes < 1) time.textContent = "now";
    else if (minutes < 60) time.textContent = `${minutes} min`;
    else time.textContent = minutes < 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
  }
}

if (live) {
  setInterval(look, 1200);
  setInterval(tell, 30000);
  document.addEventListener("visibilitychange", look);
}
