// Fetches the page again every second and takes over the messages when there
// are others, so that a code can be selected in peace meanwhile.
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
