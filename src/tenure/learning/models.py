"""The models of this room, each declared by its slice."""

from tenure.learning.practice_audit.models import Acceptance, AuditRun

__all__ = ["Acceptance", "AuditRun"]
