"""The numbers of web push (``[push]`` of policy ``channels``), checked. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field


class Push(BaseModel):
    """``hosts``: where push services live; ``*.`` stands for any name below. ``allow_loopback``
    lets a test receiver on this machine stand for one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    hosts: tuple[str, ...]
    allow_loopback: bool
    contact: str
    ttl_minutes: int = Field(ge=1)
    devices_most: int = Field(ge=1)
    title_most: int = Field(ge=1)
    text_most: int = Field(ge=1)

    def knows(self, endpoint: str) -> bool:
        """Whether ``endpoint`` is an address of a known push service: the URL comes from a browser,
        and what a browser says must not make us call any other machine.

        >>> push = Push(hosts=("fcm.example", "*.push.example"), allow_loopback=False, contact="",
        ...             ttl_minutes=1, devices_most=1, title_most=1, text_most=1)
        >>> [push.knows(u) for u in ("https://fcm.example/x", "https://a.push.example/x")]
        [True, True]
        >>> [push.knows(u) for u in ("http://fcm.example/x", "https://fcm.example:8443/x",
        ...  "https://push.example/x", "https://fcm.example@10.0.0.1/x", "https://127.0.0.1/x")]
        [False, False, False, False, False]
        """
        if any(c <= " " or c == "\\" or ord(c) > 126 for c in endpoint):
            return False
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None:
            return False
        if self.allow_loopback and host == "127.0.0.1" and parts.scheme == "http":
            return True
        return parts.scheme == "https" and port in (None, 443) and self._listed(host)

    def _listed(self, host: str) -> bool:
        return any(
            host.endswith(known[1:]) and len(host) > len(known) - 1
            if known.startswith("*.")
            else host == known
            for known in self.hosts
        )
