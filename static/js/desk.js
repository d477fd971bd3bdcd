// Comfort on top of pages that work without it.
(() => {
  const announcer = () => document.getElementById("announcer");
  const trouble = () => document.getElementById("trouble");

  // Say to screen readers what a refresh brought; what is refreshed by itself (data-announce="changes"), once.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const news = detail.elt.querySelector("[data-announce]");
    if (!news || !announcer()) return;
    const text = news.textContent.trim().replace(/\s+/g, " ");
    if (news.dataset.announce !== "changes" || announcer().textContent !== text) announcer().textContent = text;
  });

  // No answer at all: say so, and keep what is on the page.
  for (const failure of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(failure, () => trouble()?.removeAttribute("hidden"));
  document.addEventListener("htmx:beforeRequest", () => trouble()?.setAttribute("hidden", ""));

  // A slider beside a number field: each follows the other, and the field is what is sent.
  const showSliders = () => {
    for (const slider of document.querySelectorAll("[data-twin]")) slider.hidden = false;
  };
  showSliders();
  document.addEventListener("htmx:afterSettle", showSliders);
  document.addEventListener("input", ({ target }) => {
    const twin = document.getElementById(target.dataset.twin) ?? document.querySelector(`[data-twin="${target.id}"]`);
    if (twin) twin.value = target.value;
  });

  // A button that ticks every box of a form, or, if all are ticked, none; lists come and go by htmx.
  const showChooseAll = () => {
    for (const button of document.querySelectorAll("[data-choose-all]")) button.hidden = false;
  };
  showChooseAll();
  document.addEventListener("htmx:afterSettle", showChooseAll);
  document.addEventListener("click", ({ target }) => {
    const form = document.getElementById(target.closest("[data-choose-all]")?.dataset.chooseAll);
    if (!form) return;
    const boxes = [...form.elements].filter((field) => field.type === "checkbox");
    const tick = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = tick;
  });

  // A second click on a form that may be sent only once sends nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
