// Fetches the page every second and replaces what has changed, so that a selected
// code stays selected.
"use strict";

const parts = ["apps", "messages"].map((id) => document.getElementById(id));
const shown = new Map(parts.map((part) => [part.id, part.innerHTML]));

async function refresh() {
  try {
    const response = await fetch("/phone", { cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of response.ok ? parts : []) {
      const fresh = page.getElementById(part.id);
      if (fresh.innerHTML === shown.get(part.id)) {
        continue;
      }
      shown.set(part.id, fresh.innerHTML);
      const open = [...part.querySelectorAll("details")].map((list) => list.open);
      part.replaceChildren(...fresh.childNodes);
      part.querySelectorAll("details").forEach((list, i) => { list.open = Boolean(open[i]); });
    }
  } catch {
    // The app is being restarted.
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
