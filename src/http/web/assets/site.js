// Makes the pages nicer where there is a script: suggestions while typing, filters that apply themselves, a class that the
// browser remembers when asked to. Nothing here is needed, and nothing is sent anywhere but to this site.

const language = document.documentElement.lang;
const kinds = new Map((document.body.dataset.kinds ?? "").split("|").map((kind) => kind.split("=")));
document.documentElement.classList.add("js");

const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("role", "status");
document.body.append(said);

/* Suggestions: the combobox pattern, a list below the field, the focus staying in it. */

let fields = 0;

function suggest(input) {
  const number = fields++;
  const box = document.createElement("div");
  box.className = "suggesting";
  input.replaceWith(box);
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `suggestions-${number}`;
  list.setAttribute("role", "listbox");
  const label = input.labels[0];
  list.setAttribute("aria-label", label ? label.textContent : input.placeholder);
  list.hidden = true;
  box.append(input, list);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) input.setAttribute(name, value);

  let chosen = -1;
  let asked = 0;
  let timer;

  const options = () => [...list.children];
  // A list that was closed stays closed, and one that is walked through stays as it is: no late answer changes it.
  const settle = () => {
    clearTimeout(timer);
    asked++;
  };
  const close = () => {
    settle();
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (place) => {
    settle();
    const all = options();
    chosen = (place + all.length) % all.length;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    if (option.dataset.kind === "title") {
      location.assign(`/${language}/resources/${encodeURIComponent(option.dataset.id)}`);
      return;
    }
    input.value = option.firstChild.textContent;
    close();
    input.form.requestSubmit();
  };
  const show = (suggestions) => {
    list.replaceChildren(...suggestions.map(({ text, kind, id }, at) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.kind = kind;
      option.dataset.id = id;
      const [name, of] = [document.createElement("span"), document.createElement("span")];
      name.textContent = text;
      of.className = "kind";
      of.textContent = kinds.get(kind) ?? "";
      option.append(name, " ", of);
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => take(option));
      return option;
    }));
    chosen = -1;
    list.hidden = suggestions.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  };
  const ask = async () => {
    const question = ++asked;
    const typed = input.value.trim();
    if (!typed) return close();
    try {
      const answer = await fetch(`/api/v1/suggest?limit=7&lang=${language}&q=${encodeURIComponent(typed)}`);
      if (!answer.ok) return;
      const { suggestions } = await answer.json();
      // A slow answer to an earlier keystroke is of no use any more.
      if (question === asked && document.activeElement === input) show(suggestions);
    } catch { /* Without suggestions the field works as well. */ }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === "ArrowDown" && input.value) ask();
      return;
    }
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen < 0 ? options().length - 1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) take(options()[chosen]);
    else return;
    event.preventDefault();
  });
}

/* A form as the shortest address that says the same. */

function address(form) {
  const params = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "") params.append(name, value);
  }
  const query = params.toString();
  return form.getAttribute("action") + (query ? `?${query}` : "");
}

/* Filters that apply themselves, with the focus staying where it is. */

function live(form) {
  let asked = 0;
  const key = (summary) => summary.childNodes[0].textContent + summary.querySelectorAll(".unseen").length;
  const refresh = async (url, remembers) => {
    const question = ++asked;
    const results = document.getElementById("results");
    results.classList.add("busy");
    try {
      const answer = await fetch(url, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (question !== asked) return;
      const fresh = page.getElementById("results");
      if (!answer.ok || !fresh) return location.assign(url);
      const at = document.activeElement;
      const focus = at?.name ? `[name="${CSS.escape(at.name)}"]` + (at.type === "checkbox" ? `[value="${CSS.escape(at.value)}"]` : "") : null;
      const open = new Set([...form.querySelectorAll("#filters details[open] > summary")].map(key));
      for (const id of ["results", "filters", "compare"]) {
        document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
      }
      for (const summary of form.querySelectorAll("#filters details > summary")) {
        if (open.has(key(summary))) summary.parentElement.open = true;
      }
      if (focus) form.querySelector(focus)?.focus({ preventScroll: true });
      document.title = page.title;
      document.querySelector(".tongue").href = page.querySelector(".tongue").href;
      if (remembers) history.pushState(null, "", url);
      said.textContent = document.querySelector(".total").textContent;
      ready();
    } catch {
      location.assign(url);
    } finally {
      document.getElementById("results").classList.remove("busy");
    }
  };
  form.addEventListener("change", (event) => {
    if (event.target.form !== form || !event.target.name || event.target.name === "q") return;
    refresh(address(form), true);
  });
  addEventListener("popstate", () => location.reload());
}

/* My class, kept in this browser and nowhere else, when the box is ticked. */

const KEPT = "classo-class";

function kept() {
  try { return localStorage.getItem(KEPT) ?? ""; } catch { return ""; }
}

function ofClass(params) {
  return new URLSearchParams([...params].filter(([name, value]) => name.startsWith("my_") && value !== ""));
}

function remember(panel) {
  panel.hidden = false;
  const box = panel.querySelector("input");
  const current = () => ofClass(new FormData(panel.closest("form"))).toString();
  box.checked = kept() !== "";
  if (box.checked && current()) localStorage.setItem(KEPT, current());
  box.addEventListener("change", () => {
    try {
      if (box.checked) localStorage.setItem(KEPT, current());
      else localStorage.removeItem(KEPT);
    } catch { box.checked = false; }
  });
}

function bringClass() {
  const own = kept();
  if (!own || ofClass(new URLSearchParams(location.search)).size) return;
  if (/^\/..\/search$/.test(location.pathname)) {
    location.replace(`${location.pathname}?${location.search.slice(1)}${location.search ? "&" : ""}${own}`);
    return;
  }
  for (const form of document.querySelectorAll("form:not(.start):not([method])")) {
    for (const [name, value] of new URLSearchParams(own)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
  }
}

/* Between two and four resources can be compared. */

function comparing() {
  const boxes = [...document.querySelectorAll("input[name=ids][type=checkbox]")];
  const hint = document.querySelector("[data-chosen]");
  const text = hint?.textContent;
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => { box.disabled = !box.checked && chosen >= 4; });
    if (hint) hint.textContent = chosen ? `${chosen} / 4` : text;
  };
  boxes.forEach((box) => box.addEventListener("change", count));
  if (boxes.length) count();
}

/* A letter's link brings its code after the #, where no server sees it. */

function bringCode() {
  const place = document.querySelector("[data-code]");
  const code = location.hash.slice(1);
  if (!place || !code) return;
  place.querySelector("input").value = code;
  place.hidden = true;
  history.replaceState(null, "", location.pathname);
}

function ready() {
  document.querySelectorAll("[data-remember]").forEach(remember);
  comparing();
}

/* A pupil by name, or the health or faith of who writes: Classo needs neither, and says so before it is sent. */

const pupil = /(?:^|[^\p{L}])(?:[ée]l[èe]ve|fils|fille|enfant|student|pupil|my son|daughter|child)\s+\p{Lu}\p{Ll}+/u;
const writer = /(?:^|[^\p{L}])(?:je suis|j['’]ai|i am|i['’]m|i have)\s+(?:[\p{L}'’]+\s+){0,2}(?:diab[ée]ti|d[ée]pressi|depress|anxieu|anxious|cancer|séropositi|hiv|autiste|autistic|enceinte|pregnant|catholi|chr[ée]tien|christian|musulman|muslim|jui[fv]|jewish|athée|atheist|gai(?:$|\s)|gay|lesbi|bisex|trans(?:$|\s|genre|gender))/iu;
let warned = "";

function warn(event) {
  const fields = [...event.target.querySelectorAll("input[type=search], input[type=text], textarea")];
  const field = fields.find(({ value }) => pupil.test(value) || writer.test(value));
  if (!field || field.value === warned) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  warned = field.value;
  document.querySelector(".warning")?.remove();
  const text = document.createElement("p");
  text.className = "warning";
  text.setAttribute("role", "alert");
  text.textContent = document.querySelector("main").dataset.warning;
  event.target.append(text);
  field.focus();
}

document.addEventListener("submit", warn, true);
bringClass();
bringCode();
document.querySelectorAll("[data-suggest]").forEach(suggest);
document.querySelectorAll("form[data-live]").forEach(live);
ready();
for (const form of document.querySelectorAll("form:not([method])")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(address(form));
  });
}
