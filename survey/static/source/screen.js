// One page in place of the last one, in the same document: no history entry, and the focus where a reader begins.

export function focus(element) {
  if (!element) {
    return;
  }
  if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) {
    element.setAttribute("tabindex", "-1");
  }
  element.focus();
}

export function display(next) {
  const { lang, dir } = next.documentElement;
  Object.assign(document.documentElement, { lang, dir });
  document.title = next.title;
  document.body.replaceWith(next.body);
  scrollTo(0, 0);
  focus(document.querySelector(".problems") ?? document.querySelector("h1"));
  document.dispatchEvent(new Event("heard:shown"));
}
