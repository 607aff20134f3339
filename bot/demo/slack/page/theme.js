/** Light or dark: as the system says, until the person chooses otherwise in this browser. */

import { icon } from "./dom.js";

const KEY = "theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const remembered = () => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
};

const current = () => remembered() ?? (system.matches ? "dark" : "light");

/** Apply the theme, and follow the system as long as nothing else was chosen. */
export function startTheme() {
  document.documentElement.dataset.theme = current();
  system.addEventListener("change", startTheme, { once: true });
}

/** Let a button switch the theme, and say which one it would bring. */
export function themeSwitch(button) {
  const draw = () => {
    const other = current() === "dark" ? "light" : "dark";
    button.replaceChildren(icon(other === "dark" ? "moon" : "sun"));
    button.title = `Switch to ${other}`;
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => {
    const other = current() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, other);
    } catch {
      console.warn("This browser keeps no settings; the theme lasts until the page is left.");
    }
    document.documentElement.dataset.theme = other;
    draw();
  });
  draw();
  return button;
}
