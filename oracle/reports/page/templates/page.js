"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const said = byId("said");
  let silence = 0;
  const say = (text) => {
    said.textContent = text;
    said.classList.add("shown");
    clearTimeout(silence);
    silence = setTimeout(() => said.classList.remove("shown"), 1600);
  };

  // colours
  const themes = ["auto", "light", "dark"];
  const root = document.documentElement;
  const themeButton = byId("theme");
  const stored = () => { try { return localStorage.getItem("telltale-theme"); } catch { return null; } };
  const setTheme = (name) => {
    if (name === "auto") root.removeAttribute("data-theme"); else root.dataset.theme = name;
    themeButton.querySelector("span").textContent = name;
    themeButton.setAttribute("aria-label", "Colours: " + (name === "auto" ? "as the system has them" : name));
    try { localStorage.setItem("telltale-theme", name); } catch { /* a page from a file may have no store */ }
  };
  const nextTheme = () => setTheme(themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % themes.length]);
  if (themes.includes(stored())) setTheme(stored());
  themeButton.addEventListener("click", nextTheme);

  // copying
  const copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "off-screen";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) throw new Error("refused");
    }
  };
  const copy = async (button) => {
    try {
      await copyText(byId(button.dataset.copy).textContent);
      button.textContent = "Copied";
      say("Copied to the clipboard");
    } catch {
      getSelection().selectAllChildren(byId(button.dataset.copy));
      say("Selected: copy with Ctrl-C");
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  };
  for (const button of document.querySelectorAll("button.copy")) {
    button.addEventListener("click", () => copy(button));
  }

  // divergences
  const findings = [...document.querySelectorAll("details.finding")];
  const openAll = (open) => { for (const one of findings) one.open = open; };
  byId("expand")?.addEventListener("click", () => openAll(true));
  byId("collapse")?.addEventListener("click", () => openAll(false));
  const filterFindings = byId("filter-findings");
  const shownFindings = () => findings.filter((one) => !one.hidden);
  filterFindings?.addEventListener("input", () => {
    const wanted = filterFindings.value.trim().toLowerCase();
    for (const one of findings) one.hidden = !one.querySelector("summary").textContent.toLowerCase().includes(wanted);
    for (const cause of document.querySelectorAll(".cause")) {
      cause.hidden = !cause.querySelector("details.finding:not([hidden])");
    }
    byId("no-finding").hidden = shownFindings().length > 0;
  });
  const current = () => shownFindings().findIndex((one) => one.contains(document.activeElement));
  const go = (step) => {
    const shown = shownFindings();
    if (!shown.length) { say("No divergences"); return; }
    const at = current();
    const next = at < 0 ? (step > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + step, 0), shown.length - 1);
    const summary = shown[next].querySelector("summary");
    summary.focus();
    summary.scrollIntoView({ block: "start" });
  };
  const chosen = () => shownFindings()[Math.max(current(), 0)];
  const openTarget = () => {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView({ block: "start" }); }
  };
  addEventListener("hashchange", openTarget);
  openTarget();

  // coverage
  const filter = byId("filter");
  const onlyGaps = byId("only-gaps");
  const rows = [...document.querySelectorAll("table.coverage tbody tr")];
  const applyFilter = () => {
    const wanted = filter.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const gap = row.dataset.status !== "judged" || "gap" in row.dataset;
      row.hidden = !row.dataset.operation.includes(wanted) || (onlyGaps.checked && !gap);
      shown += row.hidden ? 0 : 1;
    }
    byId("no-match").hidden = shown > 0;
  };
  filter.addEventListener("input", applyFilter);
  onlyGaps.addEventListener("change", applyFilter);

  // printing shows what is folded of each divergence
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = findings.filter((one) => !one.open);
    openAll(true);
  });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });

  // keys
  const help = byId("help");
  byId("help-button").addEventListener("click", () => help.showModal());
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    o: () => { const one = chosen(); if (one) one.open = !one.open; },
    c: () => { const button = chosen()?.querySelector("button.copy"); if (button) copy(button); },
    t: nextTheme,
    "/": () => { filter.focus(); filter.scrollIntoView({ block: "center" }); },
    "?": () => help.showModal(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target instanceof HTMLInputElement) {
      if (event.key === "Escape" && event.target.type === "search") {
        event.target.value = "";
        event.target.dispatchEvent(new Event("input"));
        event.target.blur();
      }
      return;
    }
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
})();
