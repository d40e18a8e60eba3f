// Fetches the page every second and replaces the messages only if they changed, so
// that a selected code stays selected.
"use strict";

async function refresh() {
  try {
    const response = await fetch("/phone", { cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("messages");
    const shown = document.getElementById("messages");
    if (response.ok && fresh.innerHTML !== shown.innerHTML) {
      shown.replaceChildren(...fresh.childNodes);
    }
  } catch {
    // The app is being restarted.
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
