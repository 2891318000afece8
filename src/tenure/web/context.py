"""What every page's shell shows."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from tenure.core import roles
from tenure.demo.marker import simulated
from tenure.kit import workspace_name
from tenure.kit.pages import in_force
from tenure.web import nav


def shell(request: HttpRequest) -> dict[str, object]:
    """Context for the base template: navigation, role, name of the workspace, and whose
    simulated data it holds, if any."""
    user = getattr(request, "user", None)
    company = simulated(settings.WORKSPACE.home)
    if user is None or not user.is_authenticated:
        return {"shell": {"nav": [], "workspace": "", "simulated": company}}
    role = in_force.loaded(roles.table).roles.get(user.role)
    return {
        "shell": {
            "nav": nav.entries(user, request.path),
            "workspace": workspace_name.read(),
            "simulated": company,
            "role_title": role.title if role else user.role,
        },
        "may": roles.permissions_of(user),
    }
