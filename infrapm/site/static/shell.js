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
