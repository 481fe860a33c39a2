// The explorers and tasks of a page. Python answers, in one worker for the whole page; this script
// only carries what a reader does to it and shows what comes back.

const runtime = JSON.parse(document.getElementById("ip-runtime").textContent);
const address = (path) => new URL(path, document.baseURI).href;
const IDLE_MS = 2000; // a pause this long is used to keep a snapshot for the next page
const TYPING_MS = 350; // a number is read when the reader stops typing
const WRITING_MS = 1000; // rows, too, but a row takes longer to write

// ---- Python, started once, on intent -----------------------------------------------------------

const python = {
  waiting: new Map(),
  count: 0,
  state: "asleep", // asleep, starting, ready, failed

  start() {
    if (this.state !== "asleep") return;
    this.setState("starting");
    try {
      this.worker = new Worker(address(runtime.worker), { type: "module" });
    } catch {
      return this.setState("failed", "This page must come from a web server, such as the one of “make serve”.");
    }
    this.worker.onerror = () => this.setState("failed", "Python could not be loaded. The text of this page is complete without it; to try again, reload the page.");
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.postMessage({
      type: "start",
      pyodide: address(runtime.pyodide),
      package: address(runtime.package),
      chapters: Object.fromEntries(Object.entries(runtime.chapters).map(([slug, path]) => [slug, address(path)])),
      key: runtime.snapshot_key,
      keep: true,
    });
    loadCharts().catch(() => {}); // asked again, and reported, when a chart is drawn
  },

  receive(message) {
    if (message.type === "ready") {
      document.documentElement.dataset.python = message.from;
      const asked = [...this.waiting.values()].map(({ message: request }) => request);
      this.setState("ready"); // whoever waited for this asks now, and is sent at once
      for (const request of asked) this.worker.postMessage(request);
      this.pause();
    } else if (message.type === "failed") {
      this.setState("failed", message.reason);
    } else if (message.type === "slow") {
      this.setState("starting", message.reason);
    } else {
      const { resolve, reject } = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.type === "answer") {
        resolve(JSON.parse(message.response));
      } else {
        console.error(message.detail);
        reject(new Error(message.message));
      }
      this.pause();
    }
  },

  setState(state, reason = "") {
    this.state = state;
    if (state === "failed") {
      for (const { reject } of this.waiting.values()) reject(new Error(reason));
      this.waiting.clear();
    }
    this.reason = reason;
    document.dispatchEvent(new CustomEvent("ip-python", { detail: { state, reason } }));
  },

  ask(request) {
    this.start();
    if (this.state === "failed") return Promise.reject(new Error(this.reason));
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, message: { type: "call", id, request: JSON.stringify(request) } });
      if (this.state === "ready") this.worker.postMessage(this.waiting.get(id).message);
    });
  },

  pause() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => !this.waiting.size && this.worker.postMessage({ type: "idle" }), IDLE_MS);
  },
};

// A part that a reader has touched says what Python is doing; the others stay quiet.
function sayState(part) {
  if (!part.classList.contains("ip-touched")) return;
  const status = part.querySelector(".ip-status");
  const words = {
    starting: python.reason || "Starting Python in your browser. The first time takes a few seconds.",
    failed: python.reason,
  };
  status.textContent = words[python.state] ?? "";
}

function touch(part) {
  part.classList.add("ip-touched");
  python.start();
  sayState(part);
}

function whenReady(act) {
  if (python.state === "ready") return act();
  document.addEventListener("ip-python", () => whenReady(act), { once: true });
}

// ---- Charts ------------------------------------------------------------------------------------

let charts;
function loadCharts() {
  charts ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address(runtime.vega);
    script.onload = () => resolve(window.vegaEmbed);
    script.onerror = () => {
      charts = undefined;
      script.remove();
      reject(new Error("The chart library could not be loaded, so the picture is an old one. The words and the table are right."));
    };
    document.head.append(script);
  });
  return charts;
}

async function draw(box, picture, drawn) {
  if (Array.isArray(picture)) {
    const panels = [...box.querySelectorAll(".ip-panel")];
    return Promise.all(picture.map((part, place) => draw(panels[place], part, drawn?.[place])));
  }
  if (typeof picture === "string") {
    box.innerHTML = picture;
    return null;
  }
  const { datasets, ...rest } = picture;
  const shape = JSON.stringify(rest);
  if (drawn?.shape === shape) {
    for (const [name, rows] of Object.entries(datasets)) drawn.view.data(name, rows);
    await drawn.view.runAsync();
    return drawn;
  }
  const embed = await loadCharts();
  const target = document.createElement("div");
  target.className = "ip-chart";
  target.setAttribute("aria-hidden", "true"); // the reading is the picture's one text alternative
  const { view } = await embed(target, picture, { actions: false, renderer: "svg", tooltip: false });
  drawn?.view.finalize();
  box.replaceChildren(target);
  return { shape, view };
}

// ---- Explorers ---------------------------------------------------------------------------------

function fillTable(table, { header, rows }) {
  const tr = (cells, scope) => {
    const row = document.createElement("tr");
    row.append(
      ...cells.map((text, column) => {
        const cell = document.createElement(scope === "col" || !column ? "th" : "td");
        if (cell.localName === "th") cell.scope = scope;
        cell.textContent = text;
        return cell;
      })
    );
    return row;
  };
  table.tHead.replaceChildren(tr(header, "col"));
  table.tBodies[0].replaceChildren(...rows.map((cells) => tr(cells, "row")));
}

// How each kind of control gives and takes its text; fields are its inputs with a name.
const READ = {
  number: ([field]) => field.value,
  choice: ([field]) => field.value,
  rows: ([field]) => field.value,
  toggle: ([field]) => (field.checked ? "on" : "off"),
  several: (fields) => fields.filter((field) => field.checked).map((field) => field.value).join(" "),
};
const put = ([field], text) => {
  if (field.value !== text) field.value = text;
};
const WRITE = {
  number: put,
  choice: put,
  rows: (fields, text) => document.activeElement !== fields[0] && put(fields, text), // never under the reader's hands
  toggle: ([field], text) => (field.checked = text === "on"),
  several: (fields, text) => fields.forEach((field) => (field.checked = text.split(" ").includes(field.value))),
};
const isWritten = (field) => field.matches("input[type=text], textarea");

function wireExplorer(part) {
  const form = part.querySelector(".ip-controls");
  const box = part.querySelector(".ip-picture");
  const changes = new Set(); // names of controls that were moved and not yet answered
  let busy = false;
  let drawn = null;
  let last = null; // the control that was moved last
  let typing = null; // the field that is being typed in, and the timer that waits for a pause

  const controls = new Map(
    [...form.querySelectorAll(".ip-control")].map((control) => [
      control.dataset.name,
      {
        kind: control.dataset.kind,
        fields: [...control.querySelectorAll("[name]")],
        slider: control.querySelector(".ip-slider"),
        error: control.querySelector(".ip-error"),
      },
    ])
  );
  const typed = () => Object.fromEntries([...controls].map(([name, { kind, fields }]) => [name, READ[kind](fields)]));

  const placeSlider = (slider, position) => {
    slider.value = position;
    slider.setAttribute("aria-valuetext", `${slider.dataset.stops.split(" ")[position]} ${slider.dataset.unit}`);
  };

  function show(answer) {
    for (const [name, { kind, fields, slider, error }] of controls) {
      if (changes.has(name) || typing?.name === name) continue; // moved again since: a newer answer is on its way
      const sentence = answer.errors[name] ?? "";
      for (const field of fields) {
        if (sentence) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
      if (error.textContent !== sentence) error.textContent = sentence;
      if (sentence) continue;
      WRITE[kind](fields, answer.controls[name]);
      if (slider) placeSlider(slider, answer.positions[name]);
    }
  }

  async function answerChanges() {
    if (busy) return;
    busy = true;
    part.setAttribute("aria-busy", "true");
    while (changes.size) {
      const [changed] = changes;
      changes.delete(changed);
      const width = Math.round(box.clientWidth);
      try {
        const request = { kind: "view", slug: part.dataset.slug, id: part.dataset.id, typed: typed(), changed, width };
        const answer = await python.ask(request);
        show(answer);
        if (!answer.view) continue;
        part.querySelector(".ip-reading").textContent = answer.view.reading;
        part.querySelector(".ip-warning:not(noscript *)").textContent = answer.view.warning;
        fillTable(part.querySelector(".ip-table table"), answer.view.table);
        drawn = await draw(box, answer.view.picture, drawn);
        part.dataset.drawn = String(Number(part.dataset.drawn ?? 0) + 1);
      } catch (problem) {
        part.querySelector(".ip-status").textContent = problem.message;
        if (python.state === "failed") sayState(part);
      }
    }
    part.removeAttribute("aria-busy");
    busy = false;
  }

  function changed(name) {
    last = name;
    if (typing?.name === name) stopTyping();
    touch(part);
    changes.delete(name);
    changes.add(name);
    answerChanges();
  }

  function stopTyping() {
    clearTimeout(typing?.timer);
    typing = null;
  }

  form.addEventListener("input", ({ target }) => {
    stopTyping();
    if (target.classList.contains("ip-slider")) {
      const name = target.dataset.for;
      WRITE.number(controls.get(name).fields, target.dataset.stops.split(" ")[target.value]);
      placeSlider(target, target.value);
      changed(name);
    } else if (isWritten(target)) {
      touch(part);
      const pause = target.matches("textarea") ? WRITING_MS : TYPING_MS;
      typing = { name: target.name, timer: setTimeout(() => changed(target.name), pause) };
    } else {
      changed(target.name);
    }
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    if (isWritten(target)) changed(target.name);
  });
  // What the reader had written is back in a field: its picture follows as soon as Python is there.
  form.addEventListener("ip-restored", ({ target }) => {
    const yours = target.matches("textarea") ? "These rows are yours." : "These numbers are yours.";
    part.querySelector(".ip-status").textContent = `${yours} The picture follows when Python has started.`;
    whenReady(() => changed(target.name));
  });
  // A place in a drawing that stands for a check box.
  box.addEventListener("click", ({ target }) => {
    const [name, key] = target.closest("[data-toggle]")?.dataset.toggle.split(":") ?? [];
    controls.get(name)?.fields.find((field) => field.value === key)?.click();
  });

  let width = box.clientWidth;
  new ResizeObserver(() => {
    if (!drawn || Math.abs(box.clientWidth - width) < 8) return;
    width = box.clientWidth;
    changed(last);
  }).observe(box);
}

// ---- Tasks -------------------------------------------------------------------------------------

const MARK = { right: "✓ Got it.", wrong: "✗ Keep working.", unanswered: "Not answered yet." };

function readAnswer(part) {
  const form = part.querySelector("form");
  const checked = [...form.querySelectorAll("input:checked")].map((input) => input.value);
  return {
    numeric: () => form.elements.answer.value,
    choice: () => checked[0] ?? null,
    several: () => (checked.length ? checked : null),
    ordering: () => [...form.querySelectorAll("[data-key]")].map((item) => item.dataset.key),
  }[part.dataset.kind]();
}

function wireTask(part) {
  const feedback = part.querySelector(".ip-feedback");
  const wrong = new Set();

  part.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    touch(part);
    const answer = readAnswer(part);
    const key = JSON.stringify(answer);
    try {
      const attempt = wrong.has(key) ? Math.max(wrong.size, 1) : wrong.size + 1;
      const { status, message, hint } = await python.ask({
        kind: "check",
        slug: part.dataset.slug,
        id: part.dataset.id,
        answer,
        attempt,
      });
      if (hint !== null) wrong.add(key); // an answer that cannot be read costs no hint
      if (status !== "unanswered") {
        const { slug, id } = part.dataset;
        document.dispatchEvent(new CustomEvent("ip-checked", { detail: { slug, id, answer, status } }));
      }
      part.dataset.status = status;
      feedback.textContent = `${MARK[status]} ${message}`.trim();
      if (hint !== null) part.querySelectorAll(".ip-hint")[hint].open = true;
    } catch (problem) {
      feedback.textContent = "";
      part.querySelector(".ip-status").textContent = problem.message;
      if (python.state === "failed") sayState(part);
    }
  });

  part.querySelector(".ip-order")?.addEventListener("click", ({ target }) => {
    const item = target.closest("li");
    if (target.matches(".ip-up")) item.previousElementSibling?.before(item);
    if (target.matches(".ip-down")) item.nextElementSibling?.after(item);
    target.focus();
  });
}

// ---- Start -------------------------------------------------------------------------------------

const parts = [...document.querySelectorAll(".ip-explorer, .ip-recompute, .ip-task")];
for (const part of parts) {
  (part.matches(".ip-task") ? wireTask : wireExplorer)(part);
  document.addEventListener("ip-python", () => sayState(part));
}

// Intent: an exercise comes near, or is pointed at or focused. Never on a connection that asks to save data.
if (!navigator.connection?.saveData) {
  const near = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      python.start();
    },
    { rootMargin: "300px" }
  );
  // After the first paint: starting Python is to delay no picture.
  new PerformanceObserver((_, paint) => {
    paint.disconnect();
    for (const part of parts) near.observe(part);
  }).observe({ type: "paint", buffered: true });
  for (const part of parts) {
    part.addEventListener("pointerenter", () => python.start(), { once: true });
    part.addEventListener("focusin", () => python.start(), { once: true });
  }
}
