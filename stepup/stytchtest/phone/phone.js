// Fetches the page every second and replaces the list only if it has changed, so that
// a selection in it survives.
"use strict";

async function refresh() {
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("messages");
      const shown = document.getElementById("messages");
      if (fresh && fresh.innerHTML !== shown.innerHTML) {
        shown.replaceChildren(...fresh.childNodes);
      }
    }
  } catch {
    // The emulator is not running; it may come back.
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
