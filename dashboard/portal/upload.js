// Sends the chosen file in pieces and goes on by itself when the line broke. upload.py says what is asked of the server.
// Nothing is kept in the browser: a file that is chosen again is recognised by the server, by the hash of all its bytes.
"use strict";
(() => {
  const SMALLEST = 2 ** 16, LARGEST = 2 ** 20;
  const QUICK = 2_000, LONGEST = 60_000; // milliseconds of a piece after which the next is larger, or it counts as lost
  const SHORTEST_WAIT = 500, LONGEST_WAIT = 15_000;
  const AGAIN = [408, 425, 429, 502, 503, 504]; // answers of a server or a proxy that will take it later
  let turn = 0; // which sending is the one that is shown: choosing another file ends the one before
  let own = ""; // the id of what is being sent

  class Refused extends Error {}
  class Stopped extends Error {}

  // Found anew each time: the app may draw its page again.
  const box = () => document.getElementById("upload");
  const part = (name) => box()?.querySelector(`.${name}`);
  function say(said) {
    // Only what is new: it is read aloud.
    if (part("said") && part("said").textContent !== said) part("said").textContent = said;
  }
  const words = (name) => box()?.dataset[name] ?? "";
  const offset = (answer) => Number(answer.headers.get("upload-offset"));

  function show(at, size) {
    if (!box()) return;
    const shown = new Intl.NumberFormat(words("locale"), {maximumFractionDigits: 1, minimumFractionDigits: 1});
    part("going").hidden = size === null;
    part("bar").max = size || 1;
    part("bar").value = size ? at : 1;
    const amount = words("amount").replace("{sent}", shown.format(at / 1e6)).replace("{whole}", shown.format(size / 1e6));
    part("amount").textContent = amount;
  }

  async function ask(method, id, body, headers = {}) {
    const to = new URL(`upload/${id}`, location.href);
    to.search = new URLSearchParams({lang: document.documentElement.lang});
    const signal = AbortSignal.timeout?.(LONGEST);
    const answer = await fetch(to, {method, body, headers, signal, redirect: "error"});
    if (answer.ok || answer.status === 409) return answer;
    if (AGAIN.includes(answer.status)) throw new Error(answer.status);
    if (answer.status === 403) {
      // Not logged in any more, or without a role: the page itself says so.
      location.reload();
      throw new Stopped();
    }
    throw new Refused(answer.status === 422 ? (await answer.json()).words : words("broken"));
  }

  // Asks again, later and later, until there is an answer; at once when the browser says that it is on line again.
  async function insist(mine, asking) {
    for (let wait = SHORTEST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        const answer = await asking();
        if (mine !== turn) throw new Stopped();
        say(words("sending"));
        return answer;
      } catch (error) {
        if (mine !== turn) throw new Stopped();
        if (error instanceof Refused || error instanceof Stopped) throw error;
        say(words("waiting"));
        await new Promise((go) => {
          setTimeout(go, wait);
          addEventListener("online", go, {once: true});
        });
      }
    }
  }

  async function bytes(file, from) {
    try {
      return await file.slice(from, from + LARGEST).arrayBuffer();
    } catch {
      throw new Refused(words("broken")); // changed or gone since it was chosen
    }
  }

  const hash = (data) => crypto.subtle.digest("SHA-256", data);

  // Of all its bytes, piece by piece, so that a file in which one digit was changed is another. A browser that has no
  // hash here (no encrypted connection) goes on after a broken line, but not after the page was closed.
  async function markOf(file) {
    if (!window.crypto?.subtle) return "";
    const each = [];
    for (let at = 0; at < file.size; at += LARGEST) each.push(await hash(await bytes(file, at)));
    const whole = new Uint8Array(await hash(await new Blob(each).arrayBuffer()));
    return Array.from(whole, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function send(mine, file) {
    const here = new URLSearchParams(location.search);
    const told = {name: file.name, size: file.size, mark: await markOf(file), replaces: here.get("source") ?? ""};
    const begun = await insist(mine, () => ask("POST", "", JSON.stringify(told)));
    const id = own = (await begun.json()).id;
    let at = offset(begun), size = SMALLEST, sure = true;
    show(at, file.size);
    for (let whole = false; !whole;) {
      while (at < file.size) {
        const held = await insist(mine, async () => {
          if (!sure) {
            size = SMALLEST;
            at = offset(await ask("HEAD", id));
          }
          sure = false;
          const since = performance.now();
          const answer = await ask("PATCH", id, (await bytes(file, at)).slice(0, size), {"upload-offset": at});
          sure = true;
          if (performance.now() - since < QUICK) size = Math.min(2 * size, LARGEST);
          return offset(answer);
        });
        at = held;
        show(at, file.size);
      }
      // It is done when the server has as much; else it says how much it has, and that is gone on with.
      const closed = await insist(mine, () => ask("POST", id, null, {"upload-length": file.size}));
      whole = closed.ok;
      if (!whole) at = offset(closed);
      if (at > file.size) throw new Refused(words("broken"));
    }
    here.delete("source");
    here.set("draft", id);
    location.assign(`${location.pathname}?${here}`);
  }

  async function chosen(file) {
    const mine = ++turn;
    own = "";
    say(words("sending"));
    show(0, file.size);
    try {
      await send(mine, file);
    } catch (error) {
      if (mine !== turn || error instanceof Stopped) return;
      show(0, null);
      say(error instanceof Refused ? error.message : words("broken"));
    }
  }

  async function thrownAway() {
    const mine = ++turn, id = own;
    const choice = box().querySelector("input");
    say("");
    show(0, null);
    choice.value = "";
    choice.focus();
    if (id) await insist(mine, () => ask("DELETE", id)).catch(() => {});
    if (mine === turn) say("");
  }

  addEventListener("change", ({target}) => {
    if (target.matches?.("#upload input") && target.files.length) chosen(target.files[0]);
  });
  addEventListener("click", ({target}) => {
    if (target.closest?.("#upload button")) thrownAway();
  });
})();
