// The red team: sentences of a document become check boxes, flags take a class of mistake and tokens, and the
// ledger says what they caught. Kept with the reader's other work: chapters.<slug>.review.<document>.

// By the address that the page has it from, version and all: by another, it would be a second copy.
const { change, kept, make } = await import(document.querySelector('script[src*="/study.js"]').src);

const parts = [...document.querySelectorAll(".ip-redteam")];
const percent = (share) => `${Math.round(100 * share)}%`;
const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
const SHORT = 60; // characters of a sentence that a flag repeats

// ---- What a review is worth (the same rule as `score` in infrapm/exercises/_red_team.py; a test compares) --------

export function score(flaws, flags) {
  const total = flaws.reduce((sum, flaw) => sum + flaw.damage, 0);
  const placed = Object.entries(flags).map(([n, flag]) => ({ ...flag, flaw: flaws.find((flaw) => flaw.sentences.includes(n)) }));
  const hit = flaws.filter((flaw) => placed.some((flag) => flag.flaw === flaw));
  const named = hit.filter((flaw) => placed.some((flag) => flag.flaw === flaw && flag.kind === flaw.mistake));
  const tokens = placed.reduce((sum, flag) => sum + flag.tokens, 0);
  const stoodOn = placed.reduce((sum, flag) => sum + flag.tokens * (flag.flaw?.damage ?? 0), 0);
  return {
    hits: hit.length,
    named: named.length,
    alarms: placed.filter((flag) => !flag.flaw).length,
    tokens,
    caught: hit.reduce((sum, flaw) => sum + flaw.damage, 0) / total,
    per_token: tokens ? stoodOn / tokens / total : null,
  };
}

// ---- One document -----------------------------------------------------------------------------------------------

function wire(part) {
  const { slug, doc } = part.dataset;
  const form = part.querySelector("form");
  const ledger = part.querySelector(".rt-ledger");
  const status = part.querySelector(".rt-status");
  const again = part.querySelector(".rt-again");
  const options = part.querySelector(".rt-classes").innerHTML;
  const sentences = new Map([...part.querySelectorAll(".rt-sentence")].map((label) => [label.dataset.n, label]));
  const flaws = [...part.querySelectorAll(".rt-flaw")].map(({ dataset }) => ({
    id: dataset.flaw,
    mistake: dataset.mistake,
    damage: Number(dataset.damage),
    sentences: dataset.sentences.split(" "),
  }));

  const mine = () => ({ flags: {}, fixes: {}, ...kept(slug, "review", doc) });
  const keep = (edit) =>
    change(slug, (chapter) => {
      chapter.review ??= {};
      const review = { flags: {}, fixes: {}, ...chapter.review[doc] };
      edit(review);
      chapter.review[doc] = review;
    });
  const rounds = () =>
    Object.entries(kept(slug, "review") ?? {})
      .filter(([, review]) => review.first)
      .sort(([, a], [, b]) => a.first.at.localeCompare(b.first.at));
  const given = () => mine().first?.given ?? Number(rounds().length ? part.dataset.later : part.dataset.first);
  const staked = () => Object.values(mine().flags).reduce((sum, flag) => sum + flag.tokens, 0);
  const isOpen = () => Boolean(mine().last);

  function say(words) {
    if (status.textContent !== words) status.textContent = words;
  }

  // ---- Flags

  function flagRow(n, flag) {
    const text = sentences.get(n).textContent.trim();
    const kind = make("select", { name: `kind-${n}` }, make("option", { value: "" }, "choose"));
    kind.insertAdjacentHTML("beforeend", options);
    kind.value = flag.kind;
    const tokens = make("select", { name: `tokens-${n}` });
    for (let number = 1; number <= Number(part.dataset.first); number++) tokens.append(make("option", { value: number }, String(number)));
    tokens.value = flag.tokens;
    kind.addEventListener("change", () => keep(({ flags }) => flags[n] && (flags[n].kind = kind.value)));
    tokens.addEventListener("change", () => keep(({ flags }) => flags[n] && (flags[n].tokens = Number(tokens.value))));
    const remove = make("button", { type: "button", "aria-label": `Take back the flag on: ${text}` }, "Take back");
    remove.addEventListener("click", () => {
      keep(({ flags }) => delete flags[n]);
      sentences.get(n).querySelector("input").focus();
    });
    const short = text.length > SHORT ? `${text.slice(0, SHORT).trimEnd()}…` : text;
    return make(
      "fieldset",
      { class: "rt-flag", "data-n": n },
      make("legend", {}, `⚑ “${short}”`),
      make("label", {}, "Mistake ", kind),
      make("label", {}, "Tokens ", tokens),
      remove
    );
  }

  function showFlags() {
    const { flags } = mine();
    for (const [n, label] of sentences) {
      const box = label.querySelector("input");
      box.checked = n in flags;
      box.disabled = isOpen();
      label.classList.toggle("rt-flagged", n in flags);
      const row = form.querySelector(`.rt-flag[data-n="${n}"]`);
      if (!(n in flags)) row?.remove();
      else if (!row) place(n, flagRow(n, flags[n]));
    }
    for (const row of form.querySelectorAll(".rt-flag")) row.disabled = isOpen();
  }

  // Below the paragraph, in the order of its sentences.
  function place(n, row) {
    const paragraph = sentences.get(n).closest("p");
    let after = paragraph;
    while (after.nextElementSibling?.matches(".rt-flag") && Number(after.nextElementSibling.dataset.n) < Number(n)) after = after.nextElementSibling;
    after.after(row);
  }

  function showStatus() {
    if (isOpen()) return;
    const flags = Object.values(mine().flags);
    const left = given() - staked();
    if (!flags.length) return say(`${given()} tokens. Select the sentences that you would comment on.`);
    const nameless = flags.filter((flag) => !flag.kind).length;
    const tokens = left < 0 ? `${-left} more than you have: take ${-left} back` : left ? `${left} left` : "all are placed";
    say(`${count(flags.length, "flag", "flags")}. ${staked()} of ${given()} tokens: ${tokens}.${nameless ? ` ${count(nameless, "mistake", "mistakes")} to name.` : ""}`);
  }

  form.addEventListener("change", ({ target }) => {
    if (target.type !== "checkbox") return;
    keep(({ flags }) => {
      if (target.checked) flags[target.value] = { kind: "", tokens: 1 };
      else delete flags[target.value];
    });
  });

  // ---- The ledger

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { flags } = mine();
    const nameless = [...form.querySelectorAll(".rt-flag select[name^=kind]")].find((kind) => !kind.value);
    if (!Object.keys(flags).length) return say("Flag a sentence first: a ledger without a review teaches little.");
    if (nameless) {
      say("Name the mistake of every flag.");
      return nameless.focus();
    }
    if (staked() > given()) return showStatus();
    if (!form.elements.guess.value) {
      say("Say which share of the damage you think your flags catch.");
      return form.elements.guess.focus();
    }
    const result = { ...score(flaws, flags), guess: Number(form.elements.guess.value), given: given(), at: new Date().toISOString() };
    keep((review) => Object.assign(review, { first: review.first ?? result, last: result }));
    ledger.open = true;
    part.querySelector(".rt-score").focus();
  });

  again.addEventListener("click", () => {
    keep((review) => delete review.last);
    form.elements.guess.value = "";
    form.querySelector(".rt-commit .ip-check").focus();
  });

  function showLedger() {
    const { flags, first, last, fixes } = mine();
    part.classList.toggle("rt-open", Boolean(last));
    again.hidden = !last;
    form.querySelector(".rt-commit .ip-check").hidden = Boolean(last);
    form.elements.guess.disabled = Boolean(last);
    for (const field of part.querySelectorAll("[data-fix]")) if (document.activeElement !== field) field.value = fixes[field.dataset.fix] ?? "";
    const place = rounds().findIndex(([id]) => id === doc);
    part.querySelector(".rt-state").textContent = first
      ? `Round ${place + 1}, ${first.given} tokens: ${percent(first.caught)} of the damage caught.`
      : `${rounds().length ? "The next round" : "Round 1"}: ${given()} tokens.`;
    for (const old of part.querySelectorAll(".rt-badge")) old.remove();
    part.querySelector(".rt-score").replaceChildren();
    for (const cell of part.querySelectorAll("[data-tokens-of], .rt-verdict")) cell.textContent = "";
    if (!last) return;
    say("");
    form.elements.guess.value = String(last.guess);

    const on = (flaw) => flaw.sentences.filter((n) => n in flags);
    for (const flaw of flaws) {
      const tokens = on(flaw).reduce((sum, n) => sum + flags[n].tokens, 0);
      const named = on(flaw).some((n) => flags[n].kind === flaw.mistake);
      part.querySelector(`[data-tokens-of="${flaw.id}"]`).textContent = tokens ? `${tokens}${named ? "" : ", another mistake named"}` : "missed";
      for (const n of flaw.sentences) badge(n, flaw.id, "rt-real");
    }
    for (const n of Object.keys(flags)) if (!flaws.some((flaw) => flaw.sentences.includes(n))) badge(n, "sound", "rt-sound");
    for (const decoy of part.querySelectorAll(".rt-decoys li")) {
      decoy.querySelector(".rt-verdict").textContent = decoy.dataset.sentence in flags ? "You flagged it." : "You let it stand.";
    }
    part.querySelector(".rt-score").replaceChildren(
      make("p", {}, `Hits: ${last.hits} of ${flaws.length} flaws, ${last.named} with the right mistake. False alarms: ${last.alarms}.`),
      make("p", {}, make("strong", {}, `Damage caught: ${percent(last.caught)}.`), ` You expected ${last.guess}%.`),
      make(
        "p",
        {},
        `Damage caught per token: ${percent(last.per_token)}: the share that a token of yours stood on, on average. ` +
          `One token on each flaw and none elsewhere gives ${part.querySelector(".rt-score").dataset.even}.`
      ),
      ...(last.at === first.at ? [] : [make("p", {}, `At first: ${percent(first.caught)} caught, ${percent(first.per_token)} per token.`)])
    );
  }

  function badge(n, text, style) {
    sentences.get(n).append(make("span", { class: `rt-badge ${style}` }, text));
  }

  function showRounds() {
    const box = part.querySelector(".rt-rounds");
    if (rounds().length < 2) return box.replaceChildren();
    const heads = ["Round", "Document", "Tokens", "Hits", "Alarms", "Caught", "Expected", "Per token"];
    const rows = rounds().map(([id, { first }], at) => {
      const cells = [id.toUpperCase(), first.tokens, first.hits, first.alarms, percent(first.caught), `${first.guess}%`, percent(first.per_token)];
      return make("tr", {}, make("th", { scope: "row" }, String(at + 1)), ...cells.map((cell) => make("td", {}, String(cell))));
    });
    const table = make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows)
    );
    const scroll = make("div", { class: "ip-scroll", tabindex: "0", role: "group", "aria-label": "Your rounds, as first opened" }, table);
    box.replaceChildren(make("p", {}, "Your rounds, as first opened: hits, false alarms, the share of the damage caught and expected, and caught per token. Did a token catch more?"), scroll);
  }

  let timer;
  for (const field of part.querySelectorAll("[data-fix]")) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => keep(({ fixes }) => (fixes[field.dataset.fix] = field.value)), 300);
    });
  }

  function show() {
    showFlags();
    showStatus();
    showLedger();
    showRounds();
  }

  for (const label of sentences.values()) {
    const [box, text] = label.children;
    const first = text.firstChild; // its first word stays with the box, at the end of a line, too
    if (first.nodeType === Node.TEXT_NODE) first.splitText(Math.max(0, first.data.search(/\s|$/)));
    box.hidden = false;
    text.prepend(make("span", { class: "rt-head" }, box, first));
  }
  form.querySelector(".rt-commit").hidden = false;
  show();
  document.addEventListener("ip-kept", ({ detail }) => detail.slug === slug && show());
}

for (const part of parts) wire(part);
