// Comfort on top of pages that work without it.
(() => {
  const announcer = () => document.getElementById("announcer");
  const trouble = () => document.getElementById("trouble");

  // Say to screen readers what a refresh brought.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const news = detail.elt.querySelector("[data-announce]");
    if (news && announcer()) announcer().textContent = news.textContent.trim().replace(/\s+/g, " ");
  });

  // No answer at all: say so, and keep what is on the page.
  for (const failure of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(failure, () => trouble()?.removeAttribute("hidden"));
  document.addEventListener("htmx:beforeRequest", () => trouble()?.setAttribute("hidden", ""));

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
