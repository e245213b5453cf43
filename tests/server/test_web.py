"""The page may load nothing from elsewhere; pages from elsewhere are let in by name."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from server.app import create_app, nothing_there
from server.failures import EXPECTED
from server.middleware import RequestFrame
from server.routes import web
from server.settings import Settings
from tests.server.people import code_of


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = Starlette(routes=web.routes, middleware=[Middleware(RequestFrame)], exception_handlers=dict(EXPECTED))
    app.router.redirect_slashes = False  # these two as `create_app` has it
    app.router.default = nothing_there
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://raidline")


DOCUMENTS = ("/", "/raids/42", "/raids/no-such-raid", "/r/AbC-123", "/me")


@pytest.fixture
def names() -> list[str]:
    return sorted(path.relative_to(web.FOLDER).as_posix() for path in web.FOLDER.rglob("*.*") if path.suffix != ".html")


@pytest.fixture
def version() -> str:
    web.PAGE.look()
    return web.PAGE.version


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_the_page_may_load_only_from_here(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_all_addresses_are_one_document(client: httpx.AsyncClient) -> None:
    assert len({(await client.get(path)).text for path in DOCUMENTS}) == 1


async def test_files_of_the_present_version_are_kept_for_good(
    client: httpx.AsyncClient, names: list[str], version: str
) -> None:
    for name in names:
        answer = await client.get(f"/web/{version}/{name}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert answer.content == (web.FOLDER / name).read_bytes()


@pytest.mark.parametrize("before", ["", "0123456789abcdef/"])
async def test_without_the_present_version_it_is_the_present_file_revalidated(
    client: httpx.AsyncClient, names: list[str], before: str
) -> None:
    for name in names:
        first = await client.get(f"/web/{before}{name}")
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
        assert first.content == (web.FOLDER / name).read_bytes()


@pytest.mark.parametrize("path", ["/", "/web/style/tokens.css", "/web/VERSION/style/tokens.css"])
@pytest.mark.parametrize("form", ["{}", 'W/"other", {}', "*"])
async def test_who_has_it_is_told_so(client: httpx.AsyncClient, path: str, form: str, version: str) -> None:
    path = path.replace("VERSION", version)
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": form.format(first.headers["etag"])})
    assert (again.status_code, again.content) == (304, b"")
    for kept in ("etag", "cache-control", "vary", "content-security-policy"):
        assert again.headers[kept] == first.headers[kept]
    other = await client.get(path, headers={"If-None-Match": 'W/"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, identity", False),
        ("br", False),
        ("*", False),
        ("", False),
    ],
)
async def test_zipped_for_who_takes_it(client: httpx.AsyncClient, accepted: str, zipped: bool) -> None:
    for path in ("/", "/web/app/dom.js"):
        answer = await client.get(path, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("content-encoding") == ("gzip" if zipped else None)
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.text.isprintable() or "\n" in answer.text


async def test_a_font_is_not_zipped_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/web/fonts/sora.woff2", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("app/dom.js", "text/javascript; charset=utf-8"),
        ("style/tokens.css", "text/css; charset=utf-8"),
        ("fonts/sora.woff2", "font/woff2"),
        ("fonts/LICENSE", "text/plain; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("manifest.webmanifest", "application/manifest+json"),
    ],
)
async def test_every_file_says_what_it_is(client: httpx.AsyncClient, name: str, media_type: str) -> None:
    assert (await client.get(f"/web/{name}")).headers["content-type"] == media_type


@pytest.mark.parametrize("path", ["/", "/raids/1", "/web/app/dom.js", "/web/VERSION/app/dom.js"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str, version: str) -> None:
    path = path.replace("VERSION", version)
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "",
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "app/../../app.py",
        "app",
        "app/",
        "/etc/passwd",
        "a%00",
        "x" * 5000,
        "index.html",
        "index.html/x",
        "0123456789abcdef/",
        "0123456789abcdef/index.html",
        "0123456789abcdef/../app.py",
        "0123456789ABCDEF/app/dom.js",
        "VERSION/app/dom.js",
        "VERSION/",
    ],
)
async def test_what_is_no_file_of_the_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert code_of(await client.get(f"/web/{path}")) == (404, "not_found")


@pytest.mark.parametrize("path", ["/raids", "/raids/", "/raids/1/2", "/r/", "/r/a/b", "/me/", "/web", "/index.html"])
async def test_other_addresses_are_no_page(client: httpx.AsyncClient, path: str) -> None:
    assert code_of(await client.get(path)) == (404, "not_found")


@pytest.mark.parametrize("path", ["/raids/", "/me/", "/r/%3Cb%3Ex%3C%2Fb%3E", "/nonsense"])
async def test_a_person_at_an_address_with_nothing_gets_the_page_that_says_so(
    client: httpx.AsyncClient, path: str
) -> None:
    page = await client.get("/")
    headers = {"Accept": "text/html,*/*;q=0.8", "If-None-Match": page.headers["etag"]}
    lost = await client.get(path, headers=headers)
    assert (lost.status_code, lost.content) == (404, page.content)
    assert lost.headers["content-security-policy"] == page.headers["content-security-policy"]
    for program in (client.get("/api/v1/nonsense", headers=headers), client.post(path, headers=headers)):
        assert code_of(await program) == (404, "not_found")


@pytest.mark.parametrize("path", ["/", "/me", "/web/app/dom.js"])
async def test_the_page_is_only_read(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path)
    assert code_of(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_only_the_origins_that_are_named_may_call_and_never_with_cookies(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"allowed_origins": ("https://app.example",)}))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://raidline") as client:
        named = await client.options("/api/v1/raids", headers={**asked, "Origin": "https://app.example"})
        other = await client.options("/api/v1/raids", headers={**asked, "Origin": "https://evil.example"})
    assert named.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in named.headers
    assert "access-control-allow-origin" not in other.headers
