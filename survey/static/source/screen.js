// One page in place of the last one, in the same document: no history entry, and the focus where a reader begins.

import { isGone } from "./leaving.js";

export function focus(element) {
  if (!element) {
    return;
  }
  if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) {
    element.setAttribute("tabindex", "-1");
  }
  element.focus();
}

// Whatever it was waited for: who has left meanwhile sees nothing more.
export function display(next) {
  if (isGone()) {
    return;
  }
  const { lang, dir } = next.documentElement;
  Object.assign(document.documentElement, { lang, dir });
  document.title = next.title;
  document.body.replaceWith(next.body);
  scrollTo(0, 0);
  focus(document.querySelector(".problems") ?? document.querySelector("h1"));
  tellShown();
}

// Whatever reads, counts or waits on the last screen ends with it.
export function tellShown() {
  document.dispatchEvent(new Event("heard:shown"));
}

// What stands in a form, as a function of an item's name.
export function standing(form) {
  const said = new FormData(form);
  return (name) => said.getAll(name);
}

export function put(element, valuesOf) {
  for (const control of element.querySelectorAll("input, textarea")) {
    const values = valuesOf(control.name);
    if (control.type === "radio" || control.type === "checkbox") {
      control.checked = values.includes(control.value);
    } else {
      control.value = values[0] ?? "";
    }
  }
}
