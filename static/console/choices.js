// Lists fetched from the connected account, for inputs marked data-choices.
// Without script they are plain inputs; a template that is typed is never touched.
(() => {
  const form = document.getElementById("mapping");
  if (!form) return;
  const TYPING_PAUSE = 250;
  const isTemplate = (text) => text.includes("{{") || text.includes("{%");

  const ask = async (input, question) => {
    const connection = form.elements[input.dataset.connection]?.value;
    if (!connection) return { problem: "Choose the step's connection first, to see its list." };
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("action", input.dataset.action);
    body.set("field", input.dataset.choices);
    body.set("connection", connection);
    for (const [name, value] of Object.entries(question)) body.set(name, value);
    try {
      const response = await fetch(form.dataset.choicesUrl, { method: "POST", body });
      if (response.ok) return await response.json();
      return { problem: "The list could not be fetched.", remedy: "Reload the page, or type the id." };
    } catch {
      return { problem: "The list could not be fetched: no answer.", remedy: "Try again, or type the id." };
    }
  };

  const enhance = (input) => {
    const place = input.closest("[data-combo]");
    const list = place.querySelector("[data-combo-list]");
    const said = place.querySelector("[data-combo-said]");
    const name = place.querySelector("[data-combo-name]");
    const toggle = place.querySelector("[data-combo-toggle]");
    const label = input.labels[0]?.firstChild?.textContent.trim() ?? input.ariaLabel;
    let options = [];
    let active = -1;
    let newest = 0;
    let timer = 0;
    let typed = false; // What stands there from before is a choice, not a search.

    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    list.setAttribute("aria-label", label);
    toggle.hidden = false;

    const isOpen = () => !list.hidden || !said.hidden;
    const mark = (number) => {
      active = number;
      [...list.children].forEach((item, each) => item.setAttribute("aria-selected", String(each === active)));
      if (active < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    };
    const say = (text, tone = "") => {
      said.textContent = text;
      said.className = `td-combo-said ${tone}`;
      said.hidden = !text;
    };
    const close = () => {
      clearTimeout(timer);
      newest += 1;
      list.hidden = true;
      list.replaceChildren();
      options = [];
      mark(-1);
      say("");
      input.setAttribute("aria-expanded", "false");
    };
    const line = (option, number) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${number}`;
      item.setAttribute("role", "option");
      item.className = "td-combo-option";
      const shown = document.createElement("span");
      shown.className = "td-strong";
      shown.textContent = option.label;
      const id = document.createElement("code");
      id.className = "td-mono";
      id.textContent = option.value;
      item.append(shown, id);
      return item;
    };
    const show = (answer, search) => {
      options = answer.options ?? [];
      list.replaceChildren(...options.map(line));
      list.hidden = !options.length;
      input.setAttribute("aria-expanded", String(Boolean(options.length)));
      mark(-1);
      if (answer.problem) return say([answer.problem, answer.remedy].filter(Boolean).join(" "), "td-error");
      if (search && answer.partial) {
        return say(`${options.length ? "" : `Nothing found for “${search}”. `}Only the newest 100 were searched; type the id.`);
      }
      if (options.length) return say(answer.more ? `The first ${options.length}. Type to narrow them down.` : "");
      if (search) return say(`Nothing found for “${search}”. An id may be typed as it is.`);
      say(answer.sandbox
        ? "This sandbox has none yet. Any id of the right form works in it."
        : "The account has none yet. An id may be typed as it is.");
    };
    const open = async (search) => {
      const turn = ++newest;
      say("Fetching the list…");
      const answer = await ask(input, { search });
      if (turn === newest) show(answer, search);
    };
    const choose = (option) => {
      input.value = option.value;
      typed = false;
      close();
      tell(option.label);
      input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
    };
    const tell = (text) => {
      name.textContent = text && text !== input.value ? text : "";
    };
    const tellChosen = async () => {
      const value = input.value.trim();
      tell("");
      if (!value || isTemplate(value) || !form.elements[input.dataset.connection]?.value) return;
      const answer = await ask(input, { value });
      if (input.value.trim() === value) tell(answer.options?.[0]?.label ?? "");
    };

    input.addEventListener("input", (event) => {
      if (event.detail === "chosen") return;
      tell("");
      typed = true;
      if (isTemplate(input.value) || input.value.trim() === "{") return close();
      clearTimeout(timer);
      timer = setTimeout(() => open(input.value.trim()), TYPING_PAUSE);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const down = event.key === "ArrowDown";
      if (down || event.key === "ArrowUp") {
        if (isTemplate(input.value)) return;
        event.preventDefault();
        if (!isOpen()) return void open(typed ? input.value.trim() : "");
        if (options.length) mark((active + (down ? 1 : active < 0 ? 0 : -1) + options.length) % options.length);
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        choose(options[active]);
      } else if (event.key === "Escape" && isOpen()) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", close);
    // The cursor stays in the input, so that a click on the list is no blur.
    for (const part of [list, toggle]) part.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("mousemove", (event) => {
      const item = event.target.closest("[role=option]");
      if (item && item.ariaSelected !== "true") mark([...list.children].indexOf(item));
    });
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) choose(options[[...list.children].indexOf(item)]);
    });
    toggle.addEventListener("click", () => {
      input.focus();
      if (isOpen()) close();
      else open("");
    });
    form.elements[input.dataset.connection]?.addEventListener("change", tellChosen);
    tellChosen();
  };

  const enhanceAll = (place) => place.querySelectorAll("[data-choices]").forEach(enhance);
  form.addEventListener("row-added", (event) => enhanceAll(event.target));
  enhanceAll(form);
})();
