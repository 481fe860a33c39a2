// The claim auditor: the reader's trust in each claim, kept like any other commitment, and set against the verdicts.

// By the address that the page has it from, version and all: by another, it would be a second copy.
const { change, copied, download, kept, make, wireCounts } = await import(document.querySelector('script[src*="/study.js"]').src);

const VERDICTS = ["verified", "corrected", "misleading", "dated", "unverifiable", "opinion"];
const OUTCOME = { yes: "It holds up.", no: "It does not hold up.", "": "Nobody can say, so your trust in it is not scored." };

// ---- A card ----------------------------------------------------------------------------------------

// Trust below 50% is confidence that the claim fails. A claim of which nobody can say has no right answer, and so
// no place in a calibration.
export function commitment(trust, holds, at) {
  const stated = { choice: trust < 50 ? "fails" : "holds", trust, at };
  return holds ? { ...stated, confidence: Math.max(trust, 100 - trust), right: trust >= 50 === (holds === "yes") } : stated;
}

function wireCard(part) {
  const { slug, id, verdict, holds } = part.dataset;
  const form = part.querySelector("form");
  const say = (text) => (part.querySelector(".ip-feedback").textContent = text);

  function restore() {
    const { first, last } = kept(slug, "choices", id) ?? {};
    const radio = last && form.querySelector(`input[value="${last.trust}"]`);
    if (!radio) return;
    radio.checked = true;
    form.querySelector(".ip-check").textContent = "Commit again";
    const trust = first.trust === last.trust ? `${first.trust}%` : `${first.trust}% at first, ${last.trust}% now`;
    say(`You: ${trust}. The ledger: ${verdict}. ${OUTCOME[holds]}`);
    part.querySelector(".ip-reveal").open = true;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const trust = Number(form.elements.trust.value);
    if (!trust) return say("Say first how likely the claim is to hold up: believe, then recompute.");
    const stated = commitment(trust, holds, new Date().toISOString());
    change(slug, (chapter) => {
      chapter.choices ??= {};
      chapter.choices[id] = { ...chapter.choices[id], first: chapter.choices[id]?.first ?? stated, last: stated };
    });
    restore();
  });
  restore();
}

// ---- Trust by verdict ------------------------------------------------------------------------------

const mean = (numbers) => Math.round(numbers.reduce((sum, number) => sum + number, 0) / numbers.length);

// What the picture shows, in words. cards: {claim, verdict, holds, trust}, trust undefined where none was stated.
export function reading(cards) {
  const stated = cards.filter(({ trust }) => trust !== undefined);
  const among = (holds) => stated.filter((card) => card.holds === holds);
  const [sound, false_, open] = ["yes", "no", ""].map(among);
  const said = [`You have audited ${stated.length} of ${cards.length} claims.`];
  const trusts = (some) => mean(some.map(({ trust }) => trust));
  if (sound.length) said.push(`Those that hold up (${sound.length}) had ${trusts(sound)}% of your trust on average.`);
  if (false_.length) said.push(`Those that do not (${false_.length}) had ${trusts(false_)}%.`);
  if (open.length) said.push(`Those of which nobody can say (${open.length}) had ${trusts(open)}%; they are not scored.`);
  const worst = false_.filter(({ trust }) => trust >= 50).sort((a, b) => b.trust - a.trust)[0];
  if (worst) said.push(`Your trust was highest and wrong in ${worst.claim}, at ${worst.trust}%.`);
  const missed = sound.filter(({ trust }) => trust < 50).sort((a, b) => a.trust - b.trust)[0];
  if (missed) said.push(`It was lowest and wrong in ${missed.claim}, at ${missed.trust}%.`);
  if (stated.length && !worst && !missed) said.push("You trusted no claim that fails, and doubted none that holds up.");
  return said.join(" ");
}

// A row for each verdict in the deck, with the claims that the reader has audited.
export function rows(cards) {
  const present = VERDICTS.filter((verdict) => cards.some((card) => card.verdict === verdict));
  return present.map((verdict) => ({ verdict, cards: cards.filter((card) => card.verdict === verdict && card.trust !== undefined) }));
}

const COLOR = { yes: "var(--ip-green)", no: "var(--ip-vermillion)", "": "var(--ip-blue)" };
const MARK = {
  yes: (x, y) => `<circle cx="${x}" cy="${y}" r="5"/>`,
  no: (x, y) => `<path d="M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10" stroke-width="2.5"/>`,
  "": (x, y) => `<circle cx="${x}" cy="${y}" r="4.5" fill="none" stroke-width="2"/>`,
};

function picture(table) {
  const x = (trust) => 98 + trust * 2.1;
  const height = 34 + 34 * table.length;
  const lines = table.map(({ verdict, cards }, row) => {
    const y = 26 + 34 * row;
    const dots = cards.map(({ trust, holds }, at) => {
      const same = cards.filter((card) => card.trust === trust); // side by side
      const aside = 13 * (same.indexOf(cards[at]) - (same.length - 1) / 2);
      return `<g fill="${COLOR[holds]}" stroke="${COLOR[holds]}">${MARK[holds](x(trust) + aside, y)}</g>`;
    });
    return `<text x="0" y="${y + 4}">${verdict}</text><path d="M${x(0)} ${y}H${x(100)}" stroke="currentColor" opacity="0.25"/>${dots.join("")}`;
  });
  const ticks = [10, 30, 50, 70, 90].map((trust) => `<text x="${x(trust)}" y="${height - 12}" text-anchor="middle">${trust}%</text>`);
  return (
    `<svg viewBox="0 0 320 ${height + 8}" class="ip-drawing" aria-hidden="true" font-size="12" fill="currentColor">` +
    `<path d="M${x(50)} 12V${height - 26}" stroke="currentColor" stroke-dasharray="4 4" opacity="0.6"/>` +
    lines.join("") + ticks.join("") + `<text x="${x(50)}" y="${height + 4}" text-anchor="middle">how likely to hold up, by you</text></svg>`
  );
}

function wireResult(part) {
  const { slug } = part.dataset;
  const box = part.querySelector(".ip-trusted");
  const deck = [...document.querySelectorAll(`.ip-audit[data-slug="${slug}"]`)].map(({ dataset }) => ({ ...dataset }));

  function show() {
    const cards = deck.map(({ claim, verdict, holds, id }) => ({ claim, verdict, holds, trust: kept(slug, "choices", id)?.first.trust }));
    if (!cards.some(({ trust }) => trust !== undefined)) {
      return box.replaceChildren(make("p", { class: "ip-help" }, "Your trust appears here after your first card: green dots hold up, crosses do not, rings cannot be said."));
    }
    const table = rows(cards);
    const drawn = make("div", { class: "ip-picture", role: "img", "aria-label": reading(cards) });
    drawn.innerHTML = picture(table);
    const line = ({ verdict, cards }) =>
      make(
        "tr", {},
        make("th", { scope: "row" }, verdict),
        make("td", {}, cards.length ? `${mean(cards.map(({ trust }) => trust))}%` : "none yet"),
        make("td", {}, cards.map(({ claim, trust }) => `${claim} ${trust}%`).join(", "))
      );
    const head = make("tr", {}, ...["Verdict", "Mean trust", "Claims"].map((text) => make("th", { scope: "col" }, text)));
    const details = box.querySelector("details");
    box.replaceChildren(
      drawn,
      make("p", { class: "ip-reading" }, reading(cards)),
      make("p", { class: "ip-help" }, "Dots hold up, crosses do not, rings cannot be said. Your first trust in a claim counts."),
      make("details", { class: "ip-table", ...(details?.open ? { open: "" } : {}) }, make("summary", {}, "The same as a table"), make("table", {}, make("thead", {}, head), make("tbody", {}, ...table.map(line))))
    );
  }
  document.addEventListener("ip-kept", show);
  show();
}

// ---- Two claims in the reader's words ----------------------------------------------------------------

function wireRewrite(part) {
  const { slug } = part.dataset;
  const form = part.querySelector("form");
  const fields = [...form.querySelectorAll("select, textarea")];
  const before = kept(slug, "rewrite") ?? {};
  for (const field of fields) field.value = before[field.name] ?? "";
  wireCounts(part);
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change(slug, (chapter) => (chapter.rewrite = Object.fromEntries(fields.map(({ name, value }) => [name, value])))), 300);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  const say = (text) => (part.querySelector(".ip-feedback").textContent = text);
  const text = () => rewritten(fields.filter((field) => field.matches("select")).map((field, at) => [field.selectedOptions[0].textContent, form.elements[`text${at + 1}`].value]));
  part.querySelector(".ip-copy").addEventListener("click", () => copied(text(), say));
  part.querySelector(".ip-download").addEventListener("click", () => download(`claims-${slug}.md`, text(), "text/markdown"));
}

export function rewritten(pairs) {
  const parts = pairs.map(([claim, words]) => `**${claim}**\n\n${words.trim() || "..."}`);
  return ["# Claims, rewritten", ...parts, ""].join("\n\n");
}

// ---- A line to take along ----------------------------------------------------------------------------

function wireTakeAway(part) {
  const { slug, id } = part.dataset;
  const explorer = document.getElementById(part.dataset.for);
  const form = explorer.querySelector(".ip-controls");
  const fields = [...form.querySelectorAll("input[type=text], select")];
  const say = (text) => (part.querySelector(".ip-feedback").textContent = text);
  const line = () => `${explorer.querySelector(".ip-reading").textContent}\n`;

  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const values = Object.fromEntries(fields.map((field) => [field.name, field.value]));
      change(slug, (chapter) => (chapter.typed = { ...chapter.typed, [id]: values }));
    }, 400);
  });
  part.querySelector(".ip-copy").addEventListener("click", () => copied(line(), say));
  part.querySelector(".ip-download").addEventListener("click", () => download(`${id}.txt`, line(), "text/plain"));

  const mine = kept(slug, "typed", id);
  if (mine) {
    for (const field of fields) field.value = mine[field.name] ?? field.value;
    fields[0].dispatchEvent(new CustomEvent("ip-restored", { bubbles: true }));
  }
  part.hidden = false;
}

const wiring = { audit: wireCard, "audit-result": wireResult, rewrite: wireRewrite, "take-away": wireTakeAway };
for (const part of document.querySelectorAll("[data-script=audit]")) wiring[part.dataset.kind](part);
