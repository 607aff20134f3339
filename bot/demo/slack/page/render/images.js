/** Shows pictures, and what they show in words where they cannot be loaded. */

import { el, icon } from "../dom.js";
import { safeImage } from "./links.js";

/** A picture from `image_url`, with its `alt_text`. */
export function renderImage(image, className) {
  const address = safeImage(image.image_url ?? image.slack_file?.url);
  const words = String(image.alt_text ?? "");
  if (address === null) return missing(words, className);
  const picture = el("img", {
    class: className,
    src: address,
    alt: words,
    title: words,
    loading: "lazy",
    referrerPolicy: "no-referrer",
  });
  picture.addEventListener("error", () => picture.replaceWith(missing(words, className)));
  return picture;
}

const missing = (words, className) =>
  el(
    "span",
    { class: `${className} missing-image`, role: "img", "aria-label": words || "Image", title: words },
    icon("file"),
    className === "block-image" && el("bdi", {}, words || "Image"),
  );
