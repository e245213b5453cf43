"""What goes wrong on pages by their own account: a test fails for each of these that it does not expect.

A refusal by the content policy, and an answer of 400 and above, are console errors in Chromium.
"""

import re

from playwright.async_api import ConsoleMessage, Error, Page, Request

AWAY = r"net::ERR_(CONNECTION|INCOMPLETE|EMPTY|INTERNET|NETWORK|SOCKET|FAILED)|WebSocket connection to"
"""How it looks when the server, or the way to it, is gone: to be expected by tests that take it away."""

ABANDONED = "net::ERR_ABORTED"
"""The page itself gave the request up: it closed a stream, or went elsewhere."""


class Faults:
    def __init__(self) -> None:
        self._seen: list[str] = []
        self._expected: list[str] = []

    def expect(self, *patterns: str) -> None:
        """Whatever contains one of these regular expressions, before or after, is as it should be."""
        self._expected.extend(patterns)

    @property
    def unexpected(self) -> list[str]:
        return [fault for fault in self._seen if not any(re.search(one, fault) for one in self._expected)]

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._page_error(page, error))
        page.on("requestfailed", self._request_failed)
        page.on("crash", lambda page: self._seen.append(f"crash at {page.url}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._seen.append(f"console error: {message.text} ({message.location['url']})")

    def _page_error(self, page: Page, error: Error) -> None:
        self._seen.append(f"page error at {page.url}: {error.stack or error.message}")

    def _request_failed(self, request: Request) -> None:
        if request.failure != ABANDONED:
            self._seen.append(f"request failed: {request.method} {request.url}: {request.failure}")
