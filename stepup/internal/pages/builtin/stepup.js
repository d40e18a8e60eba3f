// stepup.js adds to the verify pages what HTML alone cannot do: clock times
// in the reader's time zone, countdowns, and news from other tabs. Every page
// works without it.
(() => {
  "use strict";
  const page = document.querySelector("main[data-stepup]");
  if (!page) return;
  const data = page.dataset;
  const $ = (id) => document.getElementById(id);

  $("summary")?.focus();

  // The reader's own clock may be wrong: times are shown as that clock will show them.
  const skew = Date.now() - Date.parse(data.now);
  const at = (stamp) => Date.parse(stamp) + skew;
  const left = (stamp) => Math.max(0, Math.ceil((at(stamp) - Date.now()) / 1000));

  // The page's language in the reader's own region: 14:32, or 2:32 PM.
  const { lang } = document.documentElement;
  const base = (tag) => tag.split("-")[0];
  const locale = navigator.languages.find((tag) => base(tag) === base(lang)) || lang;
  for (const time of page.querySelectorAll("time[data-clock]")) {
    let when = at(time.dateTime);
    if ("up" in time.dataset) when = Math.ceil(when / 6e4) * 6e4; // never too early
    when = new Date(when);
    const today = when.toDateString() === new Date().toDateString();
    const clock = when.toLocaleString(locale, { weekday: today ? undefined : "long", hour: "numeric", minute: "2-digit" });
    // "2:32 p.m." brings a period of its own.
    time.textContent = time.dataset.clock.replace("{time}", () => clock).replace(/\.\.$/, ".");
  }

  // What changes every second is hidden from screen readers. They are told at
  // the start, at 30 seconds and at the end.
  const wait = $("wait");
  const resend = $("resend");
  const works = $("left");
  const speak = $("speak");
  const clock = (s) => Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
  let soon = true;

  const expire = () => {
    works.hidden = true;
    $("works").hidden = true;
    speak.textContent = "";
    $("expired").textContent = $("expired").dataset.text;
    $("confirm").className = "secondary";
    resend.className = "primary";
  };

  const tick = () => {
    if (wait && !wait.hidden) {
      const s = left(wait.dataset.until);
      resend.disabled = s > 0;
      wait.hidden = !s;
      wait.textContent = wait.dataset.text.replace("{time}", clock(s));
    }
    if (works && !works.hidden) {
      const s = left(works.dataset.until);
      works.textContent = clock(s);
      if (!s) {
        expire();
      } else if (s <= 30 && soon) {
        soon = false;
        speak.textContent = works.dataset.soon;
      }
    }
  };
  wait?.setAttribute("aria-hidden", "true");
  if (works) {
    works.hidden = false;
    soon = left(works.dataset.until) > 30;
    speak.textContent = $("works").textContent;
  }
  tick();
  setInterval(tick, 1000);

  // Once the member is verified in another tab, this one has nothing left to
  // ask. Other tabs say when they send something; the server says what is true.
  const channel = self.BroadcastChannel && new BroadcastChannel("stepup");
  let asking = false;
  let done = !data.status;

  const ask = async (returned) => {
    if (done || asking) return;
    asking = true;
    try {
      const answer = await fetch(data.status, { headers: { Accept: "application/json" }, cache: "no-store" });
      done = (await answer.json()).code === "already_satisfied";
    } catch {
      // Nothing is known, so nothing changes.
    }
    asking = false;
    if (!done) return;
    const next = data.next && new URL(data.next, location);
    if (returned && next && next.origin === location.origin) {
      location.replace(next);
      return;
    }
    $("entry").hidden = true;
    $("elsewhere").hidden = false;
    $("elsewhere").querySelector("button").focus();
  };

  if (channel) channel.onmessage = () => document.hidden || setTimeout(ask, 2500);
  document.addEventListener("visibilitychange", () => {
    tick();
    if (!document.hidden) ask();
  });

  // A second press of the same button within a few seconds is a slip.
  let pressed, timer;
  const release = () => {
    pressed = undefined;
    page.removeAttribute("data-sending");
  };
  page.addEventListener("submit", (event) => {
    if (pressed === event.submitter) {
      event.preventDefault();
      return;
    }
    pressed = event.submitter;
    page.setAttribute("data-sending", "");
    channel?.postMessage("sent");
    clearTimeout(timer);
    timer = setTimeout(release, 8000);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    release();
    ask(true);
  });
})();
