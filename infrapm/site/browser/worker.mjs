// Python for one page of the book, off the page's own thread.
//
// The page starts this module as a worker and sends
//   {type: 'start', pyodide, package, chapters, key, keep}   addresses (of the chapters on this page, by slug),
//                                                  the snapshot's key, may we store anything
//   {type: 'call', id, request}                    a request for infrapm.exercises.call, as text
//   {type: 'idle'}                                 the reader pauses: a good time to keep a snapshot
// and gets
//   {type: 'ready', from: 'fresh' | 'snapshot', ms}
//   {type: 'slow', reason}                         after a minute; the start goes on
//   {type: 'failed', reason, detail}               a sentence for the reader, details for the console
//   {type: 'answer', id, response}
//   {type: 'error', id, message, detail}
//
// The first start boots Python. When the reader pauses, the interpreter's memory and the files that it needs
// go into the browser's own storage, and later pages and visits start from there, without a download; but the
// first page of another chapter still loads that chapter's own file. A snapshot serves all chapters. The
// functions that make and load a snapshot of the memory are private to Pyodide: its version is pinned, and
// whatever goes wrong there ends in an ordinary start. Python's own random state is frozen in a snapshot, so
// models that draw at random seed a generator of their own.

const CACHES = 'infrapm-runtime-'; // a cache's name is this and the snapshot's key
const SNAPSHOT = 'snapshot'; // its entry in such a cache, beside those of the files
const PACKAGE = '/lib/infrapm.zip'; // where Python finds what our chapters share
const SLOW_MS = 60_000;

let python; // Pyodide's interface to the interpreter
let call; // infrapm.exercises.call in it
let toKeep = null; // {cache, files, memory}: what a pause is to store

onmessage = ({ data }) => ({ start, call: answer, idle: keepSnapshot })[data.type](data);

async function start({ pyodide, package: ourPackage, chapters, key, keep }) {
  const began = performance.now();
  const slow = setTimeout(tellSlow, SLOW_MS);
  const cache = CACHES + key;
  const ours = { ourPackage, chapters };
  try {
    const snapshot = keep && (await stored(SNAPSHOT, cache));
    const from = snapshot && (await bootFrom(snapshot, cache, pyodide, ours)) ? 'snapshot' : 'fresh';
    if (from === 'fresh') {
      const files = await boot(pyodide, ours, { _makeSnapshot: keep }, download);
      if (keep) toKeep = { cache, files, memory: true };
    }
    postMessage({ type: 'ready', from, ms: performance.now() - began });
  } catch (error) {
    const why = error instanceof Missing ? error.message : 'Python did not start in this browser.';
    const reason = `${why} The text of this page is complete without it; to try again, reload the page.`;
    postMessage({ type: 'failed', reason, detail: String(error.stack ?? error) });
  } finally {
    clearTimeout(slow);
  }
}

function tellSlow() {
  const reason = 'Python has been loading for a minute. It goes on: the connection may be slow.';
  postMessage({ type: 'slow', reason });
}

function answer({ id, request }) {
  try {
    postMessage({ type: 'answer', id, response: call(request) });
  } catch (error) {
    const message = 'This could not be computed: the book has a mistake here. The last result stays.';
    postMessage({ type: 'error', id, message, detail: String(error) });
  }
}

// --- Starting Python

const browserFetch = globalThis.fetch;
const { instantiateStreaming } = WebAssembly;

class Missing extends Error {}

// Start Python and return the files that it was started from; getFile says where they come from.
async function boot(pyodide, { ourPackage, chapters }, options, getFile) {
  // Pyodide only logs a file that does not arrive or does not compile, and then waits for ever.
  // So the downloads and the compilation are ours; it goes on while a snapshot is read and Pyodide is prepared.
  const names = ['pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json'].map(name => pyodide + name);
  const coming = new Map([...names, ourPackage, ...Object.values(chapters)].map(address => [address, getFile(address)]));
  globalThis.fetch = (address, init) => coming.get(String(address))?.then(bytes => new Response(bytes)) ?? browserFetch(address, init);
  const compiled = coming.get(names[0]).then(bytes => WebAssembly.compile(bytes));
  WebAssembly.instantiateStreaming = async (response, imports) => {
    const [module] = await Promise.all([compiled, response]); // the response of these very bytes, or why there is none
    return { module, instance: await WebAssembly.instantiate(module, imports) };
  };

  const all = Promise.all([load(pyodide, options), ...coming.values()]);
  const [started, ...contents] = await Promise.race([all, compiled.then(() => all)]);
  globalThis.fetch = browserFetch;
  WebAssembly.instantiateStreaming = instantiateStreaming;
  const files = new Map([...coming.keys()].map((address, i) => [address, contents[i]]));
  started.FS.writeFile(PACKAGE, new Uint8Array(files.get(ourPackage)));
  call = started.runPython(`
    import sys
    if "${PACKAGE}" not in sys.path:
        sys.path.append("${PACKAGE}")
    from infrapm.exercises import add, call
    call
  `);
  for (const [slug, address] of Object.entries(chapters)) {
    const place = `/lib/${address.split('/').pop()}`;
    started.FS.writeFile(place, new Uint8Array(files.get(address)));
    started.globals.get('add')(slug, place);
  }
  python = started;
  return files;
}

async function load(pyodide, options) {
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
    module(pyodide + 'pyodide.mjs'),
    module(pyodide + 'pyodide.asm.mjs'),
  ]);
  const withRoom = async settings => {
    const made = await createPyodideModule(settings);
    // A snapshot taken after large computations is larger than the memory that a start begins with.
    if (settings.INITIAL_MEMORY > made.HEAP8.length) made.growMemory(settings.INITIAL_MEMORY);
    return made;
  };
  return loadPyodide({ indexURL: pyodide, createPyodideModule: withRoom, ...options });
}

async function module(address) {
  return import(address).catch(error => { throw missing(address, error); });
}

async function download(address) {
  const response = await browserFetch(address).catch(error => { throw missing(address, error); });
  if (!response.ok) throw missing(address, response.status);
  return response.arrayBuffer().catch(error => { throw missing(address, error); });
}

function missing(address, cause) {
  const file = new URL(address).pathname.split('/').pop();
  return new Missing(`Python could not be loaded: the file ${file} did not arrive.`, { cause });
}

// --- The snapshot

async function bootFrom(snapshot, cache, pyodide, ours) {
  const loaded = new Map(); // what was not stored: the file of a chapter that is opened for the first time
  const storedOrDownloaded = async address => {
    const found = await stored(address, cache);
    if (found) return found.arrayBuffer();
    const bytes = await download(address);
    loaded.set(address, bytes);
    return bytes;
  };
  const memory = unsealed(snapshot);
  memory.catch(() => {}); // boot meets the error too, but later
  try {
    await boot(pyodide, ours, { _loadSnapshot: memory }, storedOrDownloaded);
    toKeep = { cache, files: loaded, memory: false };
    return true;
  } catch (error) {
    if (error instanceof Missing) throw error; // not the snapshot's fault
    console.info('The stored start of Python is of no use:', error);
    await dropCaches();
    return false;
  }
}

async function keepSnapshot() {
  if (!toKeep) return;
  const { cache: name, files, memory } = toKeep;
  toKeep = null;
  try {
    const snapshot = memory && usedPart(python.makeMemorySnapshot());
    if (memory) await dropCaches(); // of older versions
    const cache = await caches.open(name);
    for (const [address, bytes] of files) await cache.put(address, new Response(bytes));
    if (memory) await cache.put(SNAPSHOT, new Response(snapshot, { headers: { seal: await seal(snapshot) } }));
  } catch (error) {
    console.info('No start of Python was stored:', error);
    await dropCaches();
  }
}

// Memory above the break has not been used yet: it is a quarter of a snapshot, and all zeros.
function usedPart(snapshot) {
  const { HEAP8, _sbrk } = python._module;
  return snapshot.subarray(0, snapshot.length - HEAP8.length + _sbrk(0));
}

async function stored(address, cache) {
  try {
    return await caches.match(address, { cacheName: cache });
  } catch {
    return undefined; // no storage in this browser or mode
  }
}

async function dropCaches() {
  try {
    const names = await caches.keys();
    await Promise.all(names.filter(name => name.startsWith(CACHES)).map(name => caches.delete(name)));
  } catch {} // no storage in this browser or mode: nothing to drop
}

// Memory that is damaged, or was made by another version of the browser, is not loaded.
async function seal(bytes) {
  return `${navigator.userAgent} ${new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))}`;
}

async function unsealed(snapshot) {
  const bytes = await snapshot.arrayBuffer();
  if (snapshot.headers.get('seal') !== (await seal(bytes))) throw new Error('the seal does not fit');
  return bytes;
}
