// stepup.js adds to the verify pages what HTML alone cannot do: clock times
// in the reader's time zone, countdowns, and news from other tabs. Every page
// works without it.
(() => {
  "use strict";
  const page = document.querySelector("main[data-stepup]");
  if (!page) return;
  const data = page.dataset;
  const $ = (id) => document.getElementById(id);

  // The reader's own clock may be wrong: times are shown as that clock will show them.
  const skew = Date.now() - Date.parse(data.now);
  const at = (stamp) => Date.parse(stamp) + skew;
  const left = (stamp) => Math.max(0, Math.ceil((at(stamp) - Date.now()) / 1000));

  // The page's language in the reader's own region: 14:32, or 2:32 PM.
  const { lang } = document.documentElement;
  const base = (tag) => tag.split("-")[0];
  const locale = navigator.languages.find((tag) => base(tag) === base(lang)) || lang;

  // Puts a time of day into a text, and the day into another if it is not today.
  const clockTime = (texts, when) => {
    when = new Date(when);
    const today = when.toDateString() === new Date().toDateString();
    return (today || !texts.day ? texts.clock : texts.day)
      .replace("{time}", () => when.toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" }))
      .replace("{day}", () => when.toLocaleDateString(locale, { weekday: "long" }))
      .replace(/\blas (?=0?1:)/, "la ") // Spanish: it is one o'clock
      .replace(/\.\.$/, "."); // "2:32 p.m." brings a period of its own
  };
  const minutes = (when) => Math.ceil(when / 6e4) * 6e4; // never too early

  for (const time of page.querySelectorAll("time[data-clock]")) {
    const when = at(time.dateTime);
    time.textContent = clockTime(time.dataset, "up" in time.dataset ? minutes(when) : when);
  }

  // A short wait in words, a long one as the time of day at its end.
  const waitText = (s) => {
    if (s > 300) return clockTime(wait.dataset, minutes(at(wait.dataset.until)));
    const unit = s < 120 ? "second" : "minute";
    const words = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" });
    return wait.dataset.text.replace("{time}", () => words.format(s < 120 ? s : Math.ceil(s / 60)));
  };

  // What changes every second is hidden from screen readers. They read the times
  // with the field, and are told at 30 seconds and at the end of each.
  const wait = $("wait");
  const resend = $("resend");
  const works = $("left");
  const speak = $("speak");
  const clock = (s) => Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
  const cooling = () => resend?.getAttribute("aria-disabled") === "true";
  let soon = true;
  let expired = "expired" in ($("confirm")?.dataset ?? {});

  const promote = () => {
    if (!expired || cooling()) return;
    if (works) $("expired").textContent = $("expired").dataset.text;
    $("confirm").className = "secondary";
    resend.className = "primary";
  };

  const tick = () => {
    if (wait && !wait.hidden) {
      const s = left(wait.dataset.until);
      if (s) {
        const text = waitText(s);
        if (wait.textContent !== text) wait.textContent = text;
        // Not disabled: the button stays where the Tab key finds it.
        resend.setAttribute("aria-disabled", "true");
      } else {
        wait.hidden = true;
        resend.removeAttribute("aria-disabled");
        resend.removeAttribute("aria-describedby");
        speak.textContent = wait.dataset.now;
        promote();
      }
    }
    if (works && !works.hidden) {
      const s = left(works.dataset.until);
      works.textContent = works.dataset.text.replace("{time}", clock(s));
      if (!s) {
        expired = works.hidden = $("works").hidden = true;
        speak.textContent = "";
        $("expired").textContent = $("expired").dataset.wait;
        promote();
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
  }
  tick();
  setInterval(tick, 1000);

  // A button that does not send yet says why.
  resend?.addEventListener("click", (event) => {
    if (!cooling()) return;
    event.preventDefault();
    speak.textContent = "";
    setTimeout(() => { speak.textContent = wait.textContent; }, 100);
  });

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
