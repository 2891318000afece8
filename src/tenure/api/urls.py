"""Where the API hangs."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from threading import Lock

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja.responses import NinjaJSONEncoder

from tenure.api.app import api
from tenure.kit.rest.errors import ErrorBody, ErrorOut


@csrf_exempt
def unknown(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Answers for addresses that are no endpoint, in the shape of every error."""
    body = ErrorBody(
        code="not_found",
        message=f"there is no endpoint {rest[:120]!r}",
        remedy="see /api/v1/openapi.json",
    )
    return JsonResponse(ErrorOut(error=body).model_dump(), status=404)


_making = Lock()


@cache
def _description() -> tuple[bytes, str]:
    """The API's description and its mark; it is the same for as long as the process lives."""
    text = json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), cls=NinjaJSONEncoder)
    return text.encode(), f'"{sha256(text.encode()).hexdigest()[:32]}"'


def description(request: HttpRequest) -> HttpResponse:
    """What endpoints there are, as OpenAPI: no secret, since anybody can read it in the source."""
    with _making:  # it takes seconds, once: not once for each who asks meanwhile
        text, mark = _description()
    headers = {"ETag": mark, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == mark:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(text, content_type="application/json", headers=headers)


urlpatterns = [
    path("openapi.json", description),
    path("", api.urls),
    re_path(r"^(?P<rest>[\s\S]*)$", unknown),
]
