"""Reading the body of an ingestion request: unpack it, check that it is JSON, find its key."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec

from tenure.facts.ingest_policy import Limits


class Answer(Exception):  # noqa: N818 - it is what the sender is told
    """What to tell the sender: status, a short code, what is wrong and what to do."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        self.status, self.code, self.message = status, code, message
        self.retry_after = retry_after
        super().__init__(message)


class _Envelope(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw] | None = None
    write_key: str | None = msgspec.field(default=None, name="writeKey")
    api_key: str | None = None
    token: str | None = None
    dollar_token: str | None = msgspec.field(default=None, name="$token")
    properties: msgspec.Raw = msgspec.Raw(b"")


class _Token(msgspec.Struct, gc=False):
    token: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_events = msgspec.json.Decoder(list[_Envelope])
_token = msgspec.json.Decoder(_Token)


@dataclass(frozen=True)
class Read:
    """A request that is JSON: its body, the key it carries, and how many calls it makes."""

    body: bytes
    key: str
    calls: int
    is_batch: bool


def unpack(body: bytes, encoding: str, limits: Limits) -> bytes:
    """The body as it was before compression, never more than the limit; also when the sender did
    not say that it is compressed."""
    if body[:2] == b"\x1f\x8b" or encoding in ("gzip", "x-gzip", "deflate"):
        return _inflate(body, limits.body_bytes)
    if encoding not in ("", "identity"):
        raise Answer(415, "encoding", f"Content-Encoding {encoding[:40]} is not read: use gzip")
    return body


def _inflate(body: bytes, most: int) -> bytes:
    inflater = zlib.decompressobj(wbits=47)
    try:
        found = inflater.decompress(body, most + 1)
    except zlib.error as error:
        raise Answer(400, "gzip", f"the body is no valid gzip: {error}") from None
    if len(found) > most:
        raise too_big(most)
    if not inflater.eof:
        raise Answer(400, "gzip", "the compressed body ends early: send it again")
    return found


def too_big(most: int) -> Answer:
    """The answer to a body over the limit."""
    return Answer(
        413, "too_big", f"the body has more than {most} bytes unpacked: send smaller batches"
    )


def read(body: bytes, limits: Limits) -> Read:
    """Check that ``body`` is JSON of the right outline; Answer 400 or 413 if not."""
    body = _plain(body)
    try:
        return _outline(body, limits)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        mended = _mended(body)
        if mended is None:
            raise Answer(400, "malformed", f"the body is no valid JSON: {error}") from None
    try:
        return _outline(mended, limits)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Answer(400, "malformed", f"the body is no valid JSON: {error}") from None


def _plain(body: bytes) -> bytes:
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if body[:5] == b"data=":
        try:
            data = parse_qs(body.decode("ascii"), strict_parsing=True)["data"][0]
            return data.encode() if data[:1] in "{[" else base64.b64decode(data, validate=True)
        except (ValueError, KeyError, binascii.Error):
            raise Answer(400, "malformed", "the form field data is no JSON and no base64") from None
    return body


def _outline(body: bytes, limits: Limits) -> Read:
    body.decode()  # msgspec leaves the inside of raw values unchecked
    if body[:1] == b"[":
        events = _events.decode(body)
        key, calls, is_batch = (
            next((_key_in(e) for e in events if _key_in(e)), ""),
            len(events),
            True,
        )
    else:
        found = _envelope.decode(body)
        key, is_batch = _key_in(found), found.batch is not None
        calls = len(found.batch) if found.batch is not None else 1
    if calls > limits.batch_calls:
        text = f"the batch has {calls} calls, {limits.batch_calls} are taken: send smaller batches"
        raise Answer(413, "too_many", text)
    return Read(body, key, calls, is_batch)


def _key_in(found: _Envelope) -> str:
    key = found.write_key or found.api_key or found.token or found.dollar_token
    if not key and found.properties:
        try:
            key = _token.decode(found.properties).token
        except msgspec.ValidationError:
            key = None
    return key or ""


def _mended(body: bytes) -> bytes | None:
    """Half a surrogate pair (an emoji cut in two) is replaced; nothing else is mended."""
    if b"\\u" not in body:
        return None
    try:
        text = json.dumps(json.loads(body, parse_constant=_refuse), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return text.encode("utf-8", "replace")


def _refuse(name: str) -> object:
    raise ValueError(name)


def basic_key(header: bytes) -> str:
    """The write key of an Authorization header (the user name; no password), or nothing."""
    scheme, _, value = header.partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip().decode("latin-1")
    if scheme.lower() != b"basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
