"""Every text of the page comes from texts.js, so that one file is what has to be read, corrected or translated.

The page is given a texts.js that puts ⟦these⟧ around each of its texts; what then still has words without them was
written elsewhere. People's own words, what the server has words for, and times (formatted by the browser) are not
texts of the page.
"""

import calendar
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

import pytest
from playwright.async_api import Page, Route

from tests.browser.raidline import Raidline
from tests.browser.test_page_loads import there
from tests.browser.world import World
from tests.server.people import Person

MARKED = re.compile("⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")

MONTHS = [*calendar.month_abbr[1:], "Sept"]
"""As the browser writes them in a chart, where no <time> can stand."""

MARKER = """
const marked = (text) => {
  if (typeof text === "string") return text === "" ? "" : `⟦${text}⟧`;
  if (typeof text === "function") return (...parts) => marked(text(...parts));
  if (Array.isArray(text)) return text.map(marked);
  if (text === null || typeof text !== "object" || Object.getPrototypeOf(text) !== Object.prototype) return text;
  return Object.fromEntries(Object.entries(text).map(([name, value]) => [name, marked(value)]));
};
export const texts = marked(plain);
"""

ALL_TEXTS = """() => {
  const spoken = ["aria-label", "aria-description", "aria-valuetext", "title", "placeholder", "alt"];
  const others = "noscript, script, time, a.skip";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [document.title];
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.parentElement.closest(others)) found.push(text.data);
  }
  for (const element of document.body.querySelectorAll("*")) {
    found.push(...spoken.map((name) => element.getAttribute(name) ?? ""));
  }
  return found;
}"""


@pytest.fixture
def raidline(own_raidline: Raidline) -> Raidline:
    """Nobody else's words are on its pages."""
    return own_raidline


async def marked_texts(route: Route) -> None:
    answer = await route.fetch()
    source = await answer.text()
    assert "export const texts = {" in source
    source = source.replace("export const texts = {", "const plain = {") + MARKER
    for name in re.findall(r"^export function (\w+)", source, re.MULTILINE):
        source += f"const marked_{name} = marked({name});\nexport {{ marked_{name} as {name} }};\n"
    await route.fulfill(response=answer, body=source.replace("export function", "function"))


@pytest.mark.parametrize("address", ["/", "/r/{inviteCode}", "/raids/{id}", "/me"])
async def test_every_text_of_the_page_comes_from_one_file(world: World, address: str) -> None:
    ann = await world.people.person("Annabella")
    raid = await ann.starts_raid(title="Polishing", description="Shiny")
    invitation = await ann.makes_raid(title="Sweeping")
    context = await world.context(ann)
    await context.route("**/app/texts.js", marked_texts)
    page = await context.new_page()
    await page.goto(address.format(id=raid["id"], inviteCode=invitation["inviteCode"]))
    await there(page)
    known = [
        ann.name,
        "Polishing",
        "Shiny",
        "Sweeping",
        *codes(raid),
        *codes(invitation),
        *MONTHS,
        *available_timezones(),
    ]
    unmarked = await unmarked_on(page, [*known, *await words_of_the_server(ann)])
    assert not unmarked, "\n".join(unmarked)


async def unmarked_on(page: Page, known: list[str]) -> list[str]:
    texts: list[str] = await page.evaluate(ALL_TEXTS)
    assert any(MARKED.search(text) for text in texts)
    return [text for text in texts if WORD.search(remainder(text, known))]


def remainder(text: str, known: list[str]) -> str:
    """What is left of a text without what is marked, and within it marked again, and without what is known."""
    while (shorter := MARKED.sub("", text)) != text:
        text = shorter
    for words in sorted(filter(None, known), key=len, reverse=True):
        text = text.replace(words, "")
    return text


def codes(raid: dict[str, Any]) -> list[str]:
    """As it is, and as it is shown."""
    code = raid["inviteCode"]
    return [code, f"{code[:4]} {code[4:]}"]


async def words_of_the_server(person: Person) -> list[str]:
    """Titles and descriptions of achievements, wherever they stand in its answers."""
    answers = [await person.get(path) for path in ("/me/achievements", "/me/achievements/next?limit=20")]
    return [words for answer in answers for words in strings_in(answer.json())]


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings_in(part)
