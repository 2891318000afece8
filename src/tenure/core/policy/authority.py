"""Who may change which document. Asked wherever policy is written, tried or compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.core.exceptions import PermissionDenied

from tenure.core.policy.registry import document

Permits = Callable[[object, str], bool]


def _nobody(_author: object, _permission: str) -> bool:
    return False


_permits: Permits = _nobody


def permit_by(permits: Permits) -> None:
    """Have ``permits(author, permission)`` say who may do what (roles stand on policy, so policy
    cannot ask them itself). Until then nobody may but the operator."""
    global _permits
    _permits = permits


def is_operator(author: object) -> bool:
    """Whether ``author`` is a name and no colleague or key: the command line, the demo, Tenure
    itself. Whoever runs commands on the machine has every right already."""
    return isinstance(author, str)


def may_change(author: object, name: str) -> bool:
    """Whether ``author`` may change the document; SpecError if there is none of this name."""
    return is_operator(author) or _permits(author, document(name).permission)


def refuse(author: object, names: Iterable[str]) -> None:
    """PermissionDenied, naming document and permission, unless ``author`` may change them all."""
    for name in names:
        if not may_change(author, name):
            raise PermissionDenied(
                f"your role does not have the permission {document(name).permission}, "
                f"which changing the policy {name} needs"
            )
