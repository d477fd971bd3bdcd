// Light, dark or as the device says. Runs in the head, before anything is painted.
(() => {
  const root = document.documentElement;
  const kept = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is blocked: the choice lasts for this page
    }
  };
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-set-theme]"))
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === (root.dataset.theme ?? "auto")));
  };

  show(kept());
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-theme-switch]")?.removeAttribute("hidden");
    show(kept());
  });
  document.addEventListener("click", ({ target }) => {
    const theme = target.closest("[data-set-theme]")?.dataset.setTheme;
    if (!theme) return;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      /* as above */
    }
    show(theme);
  });
})();
