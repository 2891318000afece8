"""Every error of the API has one shape: ``{"error": {code, message, field, remedy}}``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, Throttled, ValidationError

from tenure.analytics.errors import SpecError
from tenure.core.database import AWAY, RETRY_AFTER, UNAVAILABLE


class ErrorBody(Schema):
    """What is wrong, where, and what to do about it."""

    code: str
    message: str
    field: str = ""
    remedy: str = ""


class ErrorOut(Schema):
    """The shape of every error."""

    error: ErrorBody


class ApiError(Exception):
    """Refuse a request with ``status`` and say why."""

    def __init__(
        self, status: int, code: str, message: str, *, field: str = "", remedy: str = ""
    ) -> None:
        self.status = status
        self.body = ErrorBody(code=code, message=message, field=field, remedy=remedy)
        super().__init__(message)


def not_found(what: str, key: object) -> ApiError:
    """The 404 for a thing that is not there."""
    return ApiError(404, "not_found", f"there is no {what} {str(key)[:120]!r}")


def install(api: NinjaAPI) -> None:
    """Make ``api`` answer with this shape, whatever goes wrong."""

    def answer(request: HttpRequest, error: ApiError) -> HttpResponse:
        body = ErrorOut(error=error.body).model_dump()
        response = api.create_response(request, body, status=error.status)
        if error.status == 503:
            response["Retry-After"] = str(RETRY_AFTER)
        if error.status == 401:
            response["WWW-Authenticate"] = "Bearer"
        return response

    def convert(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, _as_api_error(error))

    for kind in (
        ApiError,
        SpecError,
        ValidationError,
        HttpError,
        Http404,
        ObjectDoesNotExist,
        PermissionDenied,
        DataError,
        OverflowError,
        UnicodeError,
        *AWAY,
    ):
        api.add_exception_handler(kind, convert)


def _as_api_error(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, SpecError):
        return _refused(error)
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return ApiError(404, "not_found", str(error) or "not found")
    if isinstance(error, AWAY):
        return ApiError(503, "unavailable", UNAVAILABLE)
    if isinstance(error, PermissionDenied):
        return ApiError(403, "not_allowed", str(error))
    if isinstance(error, HttpError):
        return _http(error)
    return ApiError(
        422, "out_of_range", "a value cannot be kept", remedy="use smaller numbers or plain text"
    )


def _refused(error: SpecError) -> ApiError:
    message = f"{error.source}: {error.problem}"
    return ApiError(422, "refused", message, field=error.key, remedy=error.remedy)


def _http(error: HttpError) -> ApiError:
    if isinstance(error.__cause__, ApiError):  # ninja wraps what the body's parser says
        return error.__cause__
    code = "too_many_requests" if isinstance(error, Throttled) else "bad_request"
    return ApiError(error.status_code, code, error.message)


def _invalid(error: ValidationError) -> ApiError:
    first = error.errors[0] if error.errors else {}
    where = [str(part) for part in first.get("loc", ())]
    message = str(first.get("msg", "invalid"))
    return ApiError(
        422, "invalid", message, field=".".join(where), remedy="see /api/v1/openapi.json"
    )
