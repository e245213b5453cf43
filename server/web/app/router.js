// From an address to a page, without loading the document anew. Links stay plain links.

import { h } from "./dom.js";

/**
 * routes: [[pattern with named groups, page], ...]; open(page, parameters) -> what the page function gives;
 * instead(error) -> the page to show where one could not be opened (null: somebody else shows one);
 * shown(path) is told afterwards. Returns { go(path, {replace?}), again() }.
 */
export function router({ routes, outlet, open, instead, shown }) {
  let current = null;
  let path = "";
  let turn = 0;

  async function show({ scroll = 0 } = {}) {
    const mine = ++turn;
    path = location.pathname + location.search;
    outlet.setAttribute("aria-busy", "true");
    const page = await opened(...matching(routes, location.pathname));
    if (mine !== turn) return page?.close?.(); // somewhere else by now
    outlet.removeAttribute("aria-busy");
    if (page !== null) put(page, scroll);
  }

  async function opened(page, parameters) {
    try {
      return await open(page, parameters);
    } catch (error) {
      return instead(error);
    }
  }

  function put(page, scroll) {
    const first = current === null;
    current?.close?.();
    current = page;
    document.title = page.title;
    outlet.replaceChildren(page.element);
    shown(location.pathname);
    if (first) return; // the browser's own start of a page is where one expects it
    focus(page.focus ?? outlet.querySelector("h1"));
    window.scrollTo(0, scroll);
  }

  function go(to, { replace = false } = {}) {
    if (!replace) history.replaceState({ ...history.state, scroll: window.scrollY }, "");
    history[replace ? "replaceState" : "pushState"]({}, "", to);
    return show();
  }

  whenGoneBack((scroll) => {
    if (path !== location.pathname + location.search) show({ scroll }); // else only to another place within the page
  });
  whenFollowed(routes, go);
  return { go, again: () => show({ scroll: window.scrollY }) };
}

function whenGoneBack(back) {
  history.scrollRestoration = "manual"; // the page is there only after its data
  window.addEventListener("popstate", (event) => back(event.state?.scroll ?? 0));
}

function whenFollowed(routes, go) {
  document.addEventListener("click", (event) => {
    const to = pathOfClick(event, routes);
    if (to === null) return;
    event.preventDefault();
    go(to);
  });
}

function matching(routes, path) {
  for (const [pattern, page] of routes) {
    const match = pattern.exec(path);
    if (match !== null) return [page, decoded(match.groups ?? {})];
  }
  return [null, {}];
}

function decoded(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value)]));
}

function decode(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // a lone % in an address
  }
}

/** The path a click leads to, where it is ours to follow: not in another tab, not a download, not another site. */
function pathOfClick(event, routes) {
  const link = event.target.closest?.("a[href]");
  if (link === null || link === undefined || event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  if (link.target !== "" || link.hasAttribute("download") || link.origin !== location.origin) return null;
  if (link.hash !== "" && link.pathname === location.pathname) return null;
  return matching(routes, link.pathname)[0] === null ? null : link.pathname + link.search + link.hash;
}

function focus(element) {
  if (element === null) return;
  if (element.tabIndex < 0) element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
}

/** A page of only a heading, a text and what one can do about it. */
export function plainPage(title, lead, ...actions) {
  const row = h("div", { class: "row" }, actions);
  const element = h("section", { class: "plain-page" }, h("h1", {}, title), h("p", { class: "soft" }, lead), row);
  return { title, element, close() {} };
}
