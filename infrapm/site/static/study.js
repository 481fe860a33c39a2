// What a reader commits, writes and grades in a chapter, kept in this browser and nowhere else.
// Without this script every part reads from top to bottom, its answers folded.

const KEY = "infrapm";
const VERSION = 1;

// ---- The store ---------------------------------------------------------------------------------

export const emptyStore = () => ({ version: VERSION, settings: {}, chapters: {} });

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// Why a text cannot be the reader's work, or an empty text. Unknown fields are fine: another version of
// the book may have written them.
export function refusal(text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    return "The file is not JSON: it may be cut off, or another kind of file.";
  }
  if (!isRecord(data) || data.infrapm !== VERSION) return "The file is not an export of this book.";
  if (!isRecord(data.settings) || !isRecord(data.chapters)) return "The file lacks its chapters or settings.";
  for (const [slug, chapter] of Object.entries(data.chapters)) {
    if (!isRecord(chapter)) return `The part “${slug}” of the file is damaged.`;
    for (const [kind, kept] of Object.entries(chapter)) {
      if (!isRecord(kept)) return `The part “${slug}, ${kind}” of the file is damaged.`;
      if (kind === "choices" && !Object.values(kept).every((one) => isRecord(one) && isRecord(one.first) && isRecord(one.last))) {
        return `A choice in “${slug}” of the file is damaged.`;
      }
      if (kind === "rows" && !Object.values(kept).every((one) => isRecord(one) && Array.isArray(one.earlier))) {
        return `A table in “${slug}” of the file is damaged.`;
      }
      if (kind === "review" && !Object.values(kept).every((one) => isRecord(one) && isRecord(one.flags) && Object.values(one.flags).every(isRecord))) {
        return `A review in “${slug}” of the file is damaged.`;
      }
    }
  }
  return "";
}

let memory = emptyStore(); // used when the browser keeps nothing
let keeps = true;

function load() {
  try {
    const text = localStorage.getItem(KEY);
    if (!text) return keeps ? emptyStore() : memory;
    const data = JSON.parse(text);
    return isRecord(data) && isRecord(data.settings) && isRecord(data.chapters) ? data : emptyStore();
  } catch {
    return memory;
  }
}

function save(store) {
  memory = store;
  try {
    localStorage.setItem(KEY, JSON.stringify(store));
  } catch {
    keeps = false;
    for (const line of document.querySelectorAll(".ip-kept")) {
      line.textContent = "This browser keeps nothing: export your work before you leave.";
    }
  }
}

// Read, change and write at once, so that two open pages do not undo each other's work.
export function change(slug, edit) {
  const store = load();
  store.chapters[slug] ??= {};
  edit(store.chapters[slug]);
  save(store);
  document.dispatchEvent(new CustomEvent("ip-kept", { detail: { slug } }));
}

export const kept = (slug, kind, id) => (id === undefined ? load().chapters[slug]?.[kind] : load().chapters[slug]?.[kind]?.[id]);
const skips = () => Boolean(load().settings.skip_gates);

// ---- Small helpers -----------------------------------------------------------------------------

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function download(name, text, type) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function copied(text, say) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("This browser did not allow copying. Use Download.");
  }
}

const words = (text) => text.trim().split(/\s+/).filter(Boolean).length;
const today = () => new Date().toISOString().slice(0, 10);

// ---- Choices: decision, decision again, prediction, question --------------------------------------

function optionText(part, key) {
  return part.querySelector(`input[value="${CSS.escape(key)}"]`)?.closest("label").textContent.trim() ?? key;
}

function reveal(part, choice) {
  const isRight = choice === part.dataset.right;
  part.dataset.status = isRight ? "right" : "wrong";
  for (const entry of part.querySelectorAll("[data-option]")) {
    entry.querySelector(".ip-yours")?.remove();
    if (entry.dataset.option === choice) entry.querySelector("dt").append(make("span", { class: "ip-yours" }, " (your choice)"));
  }
  const said = part.querySelector(`[data-option="${CSS.escape(choice)}"] dd`)?.textContent.trim() ?? "";
  part.querySelector(".ip-feedback").textContent =
    part.dataset.kind === "decision"
      ? "Kept. Read on: the decision comes back at the end of the chapter."
      : `${isRight ? "✓ As the authors." : "✗ The authors differ."} ${said}`;
  if (part.dataset.kind !== "decision") part.querySelector(".ip-reveal").open = true;
}

function wireChoice(part) {
  const { slug, id, kind } = part.dataset;
  const form = part.querySelector("form");
  const say = (text) => (part.querySelector(".ip-feedback").textContent = text);

  function restore() {
    const before = kept(slug, "choices", id);
    if (!before) return;
    const { choice, confidence, reason } = before.last;
    const radio = form.querySelector(`input[value="${CSS.escape(choice)}"]`);
    if (!radio) return; // the book has changed: the answer stays kept, but no longer fits here
    radio.checked = true;
    if (form.elements.confidence && confidence) form.elements.confidence.value = confidence;
    if (form.elements.reason && reason) form.elements.reason.value = reason;
    form.querySelector(".ip-check").textContent = kind === "question" ? "Answer again" : "Commit again";
    reveal(part, choice);
    if (kind === "again") compare(part);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const choice = form.elements.choice.value;
    const confidence = form.elements.confidence?.value;
    if (!choice) return say("Choose one first.");
    if (form.elements.confidence && !confidence) return say("Say how sure you are: it is what your calibration is made of.");
    const commitment = { choice, at: new Date().toISOString() };
    if (confidence) commitment.confidence = Number(confidence);
    if (form.elements.reason) commitment.reason = form.elements.reason.value.trim();
    commitment.right = choice === part.dataset.right;
    change(slug, (chapter) => {
      chapter.choices ??= {};
      chapter.choices[id] = { ...chapter.choices[id], first: chapter.choices[id]?.first ?? commitment, last: commitment };
    });
    restore();
    openGates();
  });
  restore();
  document.addEventListener("ip-kept", () => kind === "again" && compare(part));
}

function compare(part) {
  const { slug, first } = part.dataset;
  const then = kept(slug, "choices", first)?.last;
  const now = kept(slug, "choices", part.dataset.id)?.last;
  const box = part.querySelector(".ip-compare");
  box.hidden = !now;
  if (!now) return;
  const column = (title, commitment) =>
    make(
      "div",
      {},
      make("p", { class: "ip-title" }, title),
      make("p", {}, commitment ? optionText(part, commitment.choice) : "You did not commit."),
      make("p", { class: "ip-help" }, commitment ? `${commitment.confidence}% sure. ${commitment.reason || "No reason given."}` : "")
    );
  box.replaceChildren(column("Before the chapter", then), column("After it", now));
}

// ---- Gates: predict, then see --------------------------------------------------------------------

function openGates() {
  for (const part of document.querySelectorAll("[data-gates]")) {
    const explorer = document.getElementById(part.dataset.gates);
    if (!explorer) continue;
    const open = skips() || explorer.dataset.shown || kept(part.dataset.slug, "choices", part.dataset.id);
    const form = explorer.querySelector(".ip-controls");
    explorer.classList.toggle("ip-gated", !open);
    for (const hidden of explorer.querySelectorAll(".ip-figure, .ip-table")) hidden.inert = !open;
    for (const control of form.elements) control.disabled = !open;
    explorer.querySelector(".ip-gate")?.remove();
    if (open) continue;
    form.before(
      make(
        "p",
        { class: "ip-gate" },
        "Predict first, just above. Or ",
        make("button", { type: "button", onclick: () => ((explorer.dataset.shown = "yes"), openGates()) }, "show it now")
      )
    );
  }
}

// ---- Judgment ------------------------------------------------------------------------------------

function wireJudgment(part) {
  const { slug } = part.dataset;
  const form = part.querySelector("form");
  const anchors = [...part.querySelectorAll(".ip-anchor")];
  const before = kept(slug, "judgment") ?? {};

  for (const [name, value] of Object.entries(before)) if (form.elements[name]) form.elements[name].value = value;

  function show() {
    for (const anchor of anchors) {
      const given = anchor.querySelector("select").value;
      if (given) anchor.querySelector(".ip-reveal").open = true;
    }
    const { text, own } = form.elements;
    if (text.value.trim() && own.value) part.querySelector(".ip-model").open = true;
    const given = anchors.filter((anchor) => anchor.querySelector("select").value);
    const gaps = given.map((anchor) => Math.abs(anchor.querySelector("select").value - anchor.dataset.band));
    const lines = [];
    if (given.length === anchors.length) {
      const near = gaps.filter((gap) => gap <= 1).length;
      lines.push(`You are within one band of the authors on ${near} of ${anchors.length} answers.`);
    }
    if (own.value && text.value.trim()) lines.push("Your answer is kept. Compare it with the model answer above, line by line.");
    part.querySelector(".ip-feedback").textContent = lines.join(" ");
    return Object.fromEntries(given.map((anchor, at) => [anchor.querySelector("select").name, gaps[at]]));
  }

  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const gaps = show();
      const fields = Object.fromEntries([...form.elements].filter((field) => field.name).map((field) => [field.name, field.value]));
      change(slug, (chapter) => (chapter.judgment = { ...chapter.judgment, ...fields, gaps }));
    }, 300);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

export function wireCounts(part) {
  for (const line of part.querySelectorAll("[data-count-for]")) {
    const fields = [...part.querySelectorAll("textarea")].filter((field) => line.dataset.countFor === "*" || field.name === line.dataset.countFor);
    const count = () => {
      const written = fields.reduce((sum, field) => sum + words(field.value), 0);
      const over = written > Number(line.dataset.limit) ? ". Cut: the limit is part of the task." : ".";
      line.textContent = `${written} of ${line.dataset.limit} words${over}`;
    };
    part.addEventListener("input", count);
    count();
  }
}

// ---- Decision card ---------------------------------------------------------------------------------

export function cardText(title, lines) {
  return [`# ${title}`, "", ...lines.map(([label, text]) => `**${label}.** ${text.trim() || "..."}`), ""].join("\n\n").replace(/\n{3,}/g, "\n\n");
}

function wireCard(part) {
  const { slug } = part.dataset;
  const form = part.querySelector("form");
  const fields = [...form.querySelectorAll("textarea")];
  const before = kept(slug, "card") ?? {};
  for (const field of fields) field.value = before[field.name] ?? "";
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change(slug, (chapter) => (chapter.card = { ...chapter.card, ...Object.fromEntries(fields.map((field) => [field.name, field.value])) })), 300);
  });
  const text = () => cardText(part.dataset.title, fields.map((field) => [field.labels[0].textContent, field.value]));
  const say = (words) => (part.querySelector(".ip-feedback").textContent = words);
  part.querySelector(".ip-download").addEventListener("click", () => download(`card-${slug}.md`, text(), "text/markdown"));
  part.querySelector(".ip-copy").addEventListener("click", () => copied(text(), say));
}

// ---- Rows: the reader's own table in an explorer -----------------------------------------------------

// Kept by explorer and control: text, unless it is the book's own, and earlier versions, so that a reset
// loses nothing.
function wireRows(field) {
  const { slug, id } = field.closest(".ip-explorer").dataset;
  const key = `${id}.${field.name}`;
  const book = field.defaultValue;
  const tools = field.parentElement.querySelector(".ip-rows-tools");
  const [copy, save, reset, back] = [".ip-copy", ".ip-download", ".ip-reset", ".ip-back"].map((name) => tools.querySelector(name));
  const say = (words) => (tools.querySelector("[role=status]").textContent = words);
  const earlier = () => kept(slug, "rows", key)?.earlier ?? [];

  function keep(versions = earlier()) {
    change(slug, (chapter) => {
      chapter.rows ??= {};
      chapter.rows[key] = { ...(field.value === book ? {} : { text: field.value }), earlier: versions };
    });
    back.hidden = !versions.length;
  }
  function put(text, versions) {
    field.value = text;
    keep(versions);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
    say("");
  });
  reset.addEventListener("click", () => {
    if (field.value === book) return say("These are the book's rows.");
    put(book, [...earlier(), field.value]);
    say("These are the book's rows. Yours are kept.");
  });
  back.addEventListener("click", () => {
    const versions = field.value === book ? earlier() : [field.value, ...earlier()];
    put(versions.at(-1), versions.slice(0, -1));
    say("These are your rows.");
    if (back.hidden) reset.focus();
  });
  copy.addEventListener("click", () => copied(field.value, say));
  save.addEventListener("click", () => download(`${id}.csv`, `\ufeff${field.value}`, "text/csv"));

  const { text } = kept(slug, "rows", key) ?? {};
  if (typeof text === "string" && text !== book) {
    field.value = text;
    field.dispatchEvent(new CustomEvent("ip-restored", { bubbles: true }));
  }
  back.hidden = !earlier().length;
  tools.hidden = false;
}

// ---- The reader's work as a file -------------------------------------------------------------------

function exported() {
  const { version, ...store } = load();
  return JSON.stringify({ infrapm: version, exported: new Date().toISOString(), ...store }, null, 2);
}

function workTools() {
  const said = make("span", { class: "ip-feedback", role: "status" });
  const chooser = make("input", { type: "file", accept: ".json,application/json", hidden: "", "aria-label": "A file exported from this book" });
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    chooser.value = "";
    if (!file) return;
    const text = await file.text();
    const why = refusal(text);
    if (why) return (said.textContent = `Not imported. ${why} Nothing was changed.`);
    if (!confirm("Import replaces what this browser keeps of your work. What it keeps now is first saved as a file. Go on?")) return;
    if (Object.keys(load().chapters).length) download(`infrapm-${today()}-before-import.json`, exported(), "application/json");
    const { infrapm, exported: when, ...store } = JSON.parse(text);
    save({ ...store, version: infrapm });
    location.reload();
  });
  const button = (text, onclick) => make("button", { type: "button", onclick }, text);
  const skip = make("input", { type: "checkbox" });
  skip.checked = skips();
  skip.addEventListener("change", () => {
    const store = load();
    store.settings.skip_gates = skip.checked;
    save(store);
    openGates();
  });
  return make(
    "details",
    { class: "ip-work" },
    make("summary", {}, "Your work"),
    make("p", { class: "ip-kept" }, "What you choose and write is kept in this browser, and nowhere else."),
    make("label", { class: "ip-option" }, skip, make("span", {}, "Show every picture at once: no predictions first")),
    make(
      "p",
      {},
      button("Export", () => download(`infrapm-${today()}.json`, exported(), "application/json")),
      " ",
      button("Import", () => chooser.click()),
      " ",
      button("Clear", () => {
        if (!confirm("Clear all your work in this browser? It is first saved as a file.")) return;
        download(`infrapm-${today()}-before-clear.json`, exported(), "application/json");
        save(emptyStore());
        location.reload();
      }),
      chooser
    ),
    said
  );
}

// ---- Progress and calibration ------------------------------------------------------------------------

// For each confidence stated: how many first commitments, and how many of them were right.
export function calibration(store) {
  const byConfidence = new Map();
  for (const chapter of Object.values(store.chapters)) {
    for (const { first } of Object.values(chapter.choices ?? {})) {
      if (!first.confidence) continue;
      const so_far = byConfidence.get(first.confidence) ?? { confidence: first.confidence, stated: 0, right: 0 };
      byConfidence.set(first.confidence, { ...so_far, stated: so_far.stated + 1, right: so_far.right + (first.right ? 1 : 0) });
    }
  }
  return [...byConfidence.values()].sort((a, b) => a.confidence - b.confidence);
}

function calibrationPicture(rows) {
  const x = (percent) => 40 + (percent - 50) * 5;
  const y = (percent) => 190 - percent * 1.7;
  const dots = rows.map(({ confidence, stated, right }) => {
    const share = (100 * right) / stated;
    return `<circle cx="${x(confidence)}" cy="${y(share)}" r="${Math.min(12, 4 + stated)}" fill="var(--ip-blue)"/>`;
  });
  const ticks = [50, 60, 70, 80, 90, 100].map((p) => `<text x="${x(p)}" y="208" text-anchor="middle">${p}%</text>`);
  const levels = [0, 50, 100].map((p) => `<text x="34" y="${y(p) + 4}" text-anchor="end">${p}%</text>`);
  return (
    `<svg viewBox="0 0 310 232" class="ip-drawing" aria-hidden="true" font-size="12" fill="currentColor">` +
    `<path d="M40 190H290M40 190V20" stroke="currentColor" fill="none"/>` +
    `<path d="M${x(50)} ${y(50)}L${x(100)} ${y(100)}" stroke="var(--ip-vermillion)" stroke-dasharray="5 4" fill="none"/>` +
    dots.join("") + ticks.join("") + levels.join("") +
    `<text x="165" y="228" text-anchor="middle">how sure you were</text><text x="40" y="12">how often you were right</text></svg>`
  );
}

// Beside a chapter's minutes: what this reader has done in it. Warm-ups belong to other chapters.
function showMine(entry) {
  const { slug, choices, tasks } = entry.dataset;
  const mine = load().chapters[slug];
  if (!mine) return;
  const chosen = Object.keys(mine.choices ?? {}).filter((id) => !id.startsWith("warm-")).length;
  const solved = Object.values(mine.tasks ?? {}).filter((task) => task.status === "right").length;
  const written = [mine.judgment?.text?.trim() && "judgment written", Object.values(mine.card ?? {}).some((line) => line.trim()) && "card begun"];
  entry.querySelector(".ip-mine").textContent = `You: ${[`${chosen} of ${choices} choices`, `${solved} of ${tasks} tasks`, ...written.filter(Boolean)].join(", ")}.`;
}

function showProgress(box) {
  const rows = calibration(load());
  if (!rows.length) return;
  const stated = rows.reduce((sum, row) => sum + row.stated, 0);
  const right = rows.reduce((sum, row) => sum + row.right, 0);
  const mean = Math.round(rows.reduce((sum, row) => sum + row.stated * row.confidence, 0) / stated);
  const reading = `Of ${stated} commitments, ${right} were as the authors'; you were ${mean}% sure on average. On the dashed line, the two agree.`;
  const body = rows.map(({ confidence, stated, right }) => make("tr", {}, make("th", { scope: "row" }, `${confidence}%`), make("td", {}, String(stated)), make("td", {}, String(right))));
  const picture = make("div", { class: "ip-picture", role: "img", "aria-label": reading });
  picture.innerHTML = calibrationPicture(rows);
  const head = make("tr", {}, ...["How sure", "Commitments", "Right"].map((text) => make("th", { scope: "col" }, text)));
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  box.replaceChildren(picture, make("p", { class: "ip-reading" }, reading), make("details", { class: "ip-table" }, make("summary", {}, "The same as a table"), table));
}

// ---- The ledger's filter -----------------------------------------------------------------------------

function wireLedger(form) {
  form.hidden = false;
  const rows = [...document.querySelectorAll(".ip-ledger tbody tr")];
  const [verdict, text] = form.elements;
  const filter = () => {
    const sought = text.value.trim().toLowerCase();
    for (const row of rows) {
      row.hidden = Boolean((verdict.value && row.dataset.verdict !== verdict.value) || (sought && !row.textContent.toLowerCase().includes(sought)));
    }
    form.querySelector("[role=status]").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    // A link to a row that is filtered away shows it.
    if (!document.querySelector(".ip-ledger tr:target")?.hidden) return;
    form.reset();
    filter();
    document.querySelector(".ip-ledger tr:target").scrollIntoView();
  });
}

// ---- Print: the answers stand at the end -------------------------------------------------------------

function answersForPrint() {
  const answers = [...document.querySelectorAll(".ip-study, .ip-task")].flatMap((part) => {
    const solution = part.nextElementSibling;
    const folded = [...part.querySelectorAll("details:not(.ip-rubric, details details)"), ...(solution?.matches(".ip-solution") ? [solution] : [])];
    const bodies = folded.flatMap((details) => [...details.children].slice(1).map((child) => child.cloneNode(true)));
    if (!bodies.length) return [];
    const question = part.matches(".ip-study") ? part.querySelector("legend")?.textContent : "";
    return [make("h3", {}, [part.querySelector(".ip-title").textContent, question].filter(Boolean).join(": ")), ...bodies];
  });
  return make("section", { class: "ip-answers ip-study" }, make("h2", {}, "Answers"), ...answers);
}

addEventListener("beforeprint", () => document.querySelector(".bd-article")?.append(answersForPrint()));
addEventListener("afterprint", () => document.querySelector(".ip-answers")?.remove());

// ---- Start -------------------------------------------------------------------------------------------

const wiring = { judgment: wireJudgment, card: wireCard };
// Parts with a script of their own are wired there.
for (const part of document.querySelectorAll(".ip-study:not([data-script])")) {
  (wiring[part.dataset.kind] ?? wireChoice)(part);
  wireCounts(part);
}
for (const field of document.querySelectorAll("[data-kind=rows] textarea")) wireRows(field);
openGates();
for (const bar of document.querySelectorAll(".ip-bar, .ip-progress-tools")) bar.append(workTools());
for (const entry of document.querySelectorAll(".ip-chapter")) showMine(entry);
for (const box of document.querySelectorAll(".ip-progress")) showProgress(box);
for (const form of document.querySelectorAll(".ip-ledger-filter")) wireLedger(form);

// Tasks are checked by the page script; what came of them is kept here.
document.addEventListener("ip-checked", ({ detail: { slug, id, answer, status } }) => {
  change(slug, (chapter) => {
    chapter.tasks ??= {};
    const before = chapter.tasks[id] ?? { attempts: 0 };
    chapter.tasks[id] = { ...before, answer, status: before.status === "right" ? "right" : status, attempts: before.attempts + 1 };
  });
});
for (const part of document.querySelectorAll(".ip-task")) {
  const before = kept(part.dataset.slug, "tasks", part.dataset.id);
  if (!before) continue;
  const field = part.querySelector("input[name=answer]");
  if (part.dataset.kind === "numeric") field.value = before.answer;
  for (const input of part.querySelectorAll("input[type=radio], input[type=checkbox]")) input.checked = [before.answer].flat().includes(input.value);
  if (before.status === "right") part.querySelector(".ip-feedback").textContent = "✓ You had this right.";
}
