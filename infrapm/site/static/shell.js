// On a narrow screen the contents of the page open in a dialog, which the theme leaves
// open when a link in it is followed. Close it first, then go: the focus goes along.
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    event.preventDefault();
    dialog.addEventListener("close", () => location.assign(link.href), { once: true });
    dialog.close();
  });
}

// Code or a table that is wider than its box can be scrolled by keyboard, also when a fold or another width brings it there.
const wide = new ResizeObserver((entries) => {
  for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
});
for (const box of document.querySelectorAll("pre, .pst-scrollable-table-container")) wide.observe(box);

// Ledgers and instructors' answers are folded on the screen, and stand open on paper.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll(":is(.ip-teaching details, .rt-ledger, .rt-ledger .ip-reveal):not([open])")) {
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
