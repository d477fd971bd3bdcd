// Keys and copy buttons. Everything they do, the pages do without them.
(() => {
  const stored = {
    get off() {
      try {
        return localStorage.getItem("single-keys") === "off";
      } catch {
        return false; // storage is blocked: the choice lasts for this page
      }
    },
    set off(value) {
      try {
        localStorage.setItem("single-keys", value ? "off" : "on");
      } catch {
        /* as above */
      }
    },
  };
  const box = () => document.querySelector("[data-find]");
  const anyBox = () => box() ?? document.getElementById("id_query");
  const dialog = () => document.getElementById("keys");
  const results = () => [...document.querySelectorAll("main [data-go], main tbody th[scope=row] > a.text")];
  const isTyping = (element) => element.isContentEditable || element.matches("input:not([type=checkbox]), textarea, select");

  const find = () => {
    if (!box()) return document.querySelector("a[data-find-page]")?.click();
    box().focus();
    box().select();
  };
  const showKeys = () => {
    document.getElementById("single-keys").checked = !stored.off;
    if (!dialog().open) dialog().showModal();
  };
  // From the look-up box, the search box or a result; anywhere else the arrows scroll the page as ever.
  const move = (event, step) => {
    const all = results();
    const here = all.indexOf(event.target);
    if (here < 0 && event.target !== anyBox()) return;
    const next = here + step < 0 ? anyBox() : all[here + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.key === "ArrowDown") return move(event, 1);
    if (event.key === "ArrowUp") return move(event, -1);
    const act = { "/": find, "?": dialog() && showKeys }[event.key];
    if (!act || stored.off || isTyping(event.target) || dialog()?.open) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.id === "single-keys") stored.off = !target.checked;
  });
  document.addEventListener("click", async ({ target }) => {
    if (target.closest("[data-show-keys]")) showKeys();
    const button = target.closest("[data-copy]");
    if (!button) return;
    const copied = await navigator.clipboard.writeText(button.dataset.copy).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Not copied";
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = button.textContent;
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });

  if (navigator.clipboard) document.documentElement.dataset.copies = ""; // not on plain HTTP
  document.querySelector("[data-show-keys]")?.removeAttribute("hidden");
})();
