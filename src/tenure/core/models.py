"""State every room stands on: who works here, what they may do, what they changed, policy, jobs."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Makes users who sign in by mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        fields.setdefault("role", "admin")
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A colleague. ``role`` is a key of ``core/roles.toml``."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=40, default="analyst")
    timezone = models.CharField(max_length=64, default="UTC")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    def __str__(self) -> str:
        return self.name or self.email


class ApiKey(models.Model):
    """A key for machines: ``scope`` is ``ingest`` (SDK write key) or ``api`` (has a ``role``)."""

    name = models.CharField(max_length=200)
    scope = models.CharField(max_length=20)
    role = models.CharField(max_length=40, blank=True)
    prefix = models.CharField(max_length=12, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class AuditEntry(models.Model):
    """Who changed what, from what to what, and why."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=80)
    target_kind = models.CharField(max_length=40)
    target_id = models.CharField(max_length=255)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    why = models.TextField(blank=True)


class PolicyVersion(models.Model):
    """One version of one policy document that overrides a packaged default."""

    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    body = models.TextField()
    author = models.CharField(max_length=254)
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    active = models.BooleanField(default=True)

    NEVER_PERSONAL: ClassVar[dict[str, str]] = {"name": "the address of a document"}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(active=True), name="policy_one_active"
            ),
        ]


class Job(models.Model):
    """Work to be done once by whichever worker holds its lease; see ``core.jobs``."""

    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict)
    run_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=20, default="ready")
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    checkpoint = models.JSONField(default=dict)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "run_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["ready", "running"]),
                name="job_open_once",
            ),
        ]
