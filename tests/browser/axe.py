"""Accessibility, as far as axe-core can see it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

SOURCE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")

# What fades in has the wrong contrast until it is there; what moves for ever is as good now as later.
_SETTLED = """() => Promise.allSettled(
  document.getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
    .map((animation) => animation.finished),
).then(() => true)"""

_VIOLATIONS = """(runOnly) =>
  axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) }).then((found) => found.violations)"""


async def assert_accessible(page: Page, *rules: str) -> None:
    """Fails with a list of what is serious or critical, by all rules or these."""
    if not SOURCE.is_file():
        pytest.skip("axe-core is not there: npm ci --prefix tests/browser (`make browser` does it)")
    await page.evaluate(_SETTLED)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(SOURCE.read_text(encoding="utf-8"))  # the debugger's way in: the content policy stays
    violations: list[dict[str, Any]] = await page.evaluate(_VIOLATIONS, list(rules) or None)
    grave = [told(one) for one in violations if one["impact"] in GRAVE]
    assert not grave, f"{page.url}\n" + "\n".join(grave)


def told(violation: dict[str, Any]) -> str:
    places = (f"    {node['target']}: {node['failureSummary']}" for node in violation["nodes"])
    return "\n".join([f"{violation['impact']} {violation['id']}: {violation['help']}", *places])
