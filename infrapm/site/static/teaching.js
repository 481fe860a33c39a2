// Answers are folded on the screen, where a projector would show them; on paper all of them stand open.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll(".ip-teaching details:not([open])")) {
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
