"""Reading request bodies strictly: no NUL, no lone surrogates, no endless nesting."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja.parser import Parser

from tenure.kit.rest.errors import ApiError


class StrictParser(Parser):
    """JSON through msgspec, which refuses what Python's parser lets through."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        body = request.body
        if b"\\u0000" in body:
            raise _malformed("it holds a NUL character")
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _malformed(str(error)) from None
        except RecursionError:
            raise _malformed("it is nested too deeply") from None


def _malformed(why: str) -> ApiError:
    return ApiError(400, "malformed", f"the body is no JSON: {why}", remedy="send valid JSON")
