"""Static files, answered before Django is asked."""

from __future__ import annotations

import gzip

import pytest

from tenure.web.static_files import StaticFiles


def _run(coroutine):
    """To its end: it waits for nothing, so it needs no loop (and bears one that runs already)."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


@pytest.fixture
def ask(tmp_path):
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "page.css").write_text("a { color: red }" * 50)
    (folder / "font.woff2").write_bytes(b"\x00\x01")
    (tmp_path / "secret.key").write_text("secret")

    async def pages(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"pages"})

    app = StaticFiles(pages, folder)

    def request(path, method="GET", **headers):
        sent = []

        async def send(message):
            sent.append(message)

        raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        scope = {"type": "http", "path": path, "method": method, "headers": raw}
        _run(app(scope, None, send))
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    return request


def test_a_style_sheet_comes_compressed_to_who_takes_it(ask):
    status, headers, body = ask("/static/page.css", accept_encoding="br, gzip")
    assert status == 200
    assert headers[b"content-type"] == b"text/css; charset=utf-8"
    assert gzip.decompress(body) == ask("/static/page.css")[2]


def test_a_file_the_browser_has_is_not_sent_again(ask):
    tag = ask("/static/page.css")[1][b"etag"].decode()
    status, _, body = ask("/static/page.css", if_none_match=tag)
    assert (status, body) == (304, b"")


def test_fonts_are_sent_as_they_are(ask):
    _, headers, body = ask("/static/font.woff2", accept_encoding="gzip")
    assert headers[b"content-type"] == b"font/woff2"
    assert body == b"\x00\x01"


@pytest.mark.parametrize(
    "path", ["/static/../secret.key", "/static//page.css", "/static/x", "/static/"]
)
def test_no_path_leads_out_of_the_folder(ask, path):
    assert ask(path)[0] == 404


def test_head_has_no_body_and_nothing_else_is_allowed(ask):
    status, headers, body = ask("/static/page.css", method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers[b"content-length"]) > 0
    assert ask("/static/page.css", method="POST")[0] == 405


def test_everything_else_goes_to_the_pages(ask):
    assert ask("/accounts/")[0] == 299
