"""Where the API hangs."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from tenure.api.app import api
from tenure.api.errors import ErrorBody, ErrorOut


@csrf_exempt
def unknown(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Answers for addresses that are no endpoint, in the shape of every error."""
    body = ErrorBody(
        code="not_found",
        message=f"there is no endpoint {rest[:120]!r}",
        remedy="see /api/v1/openapi.json",
    )
    return JsonResponse(ErrorOut(error=body).model_dump(), status=404)


urlpatterns = [path("", api.urls), re_path(r"^(?P<rest>[\s\S]*)$", unknown)]
