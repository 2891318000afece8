"""Policy: packaged TOML defaults, overridden by versions kept in the workspace.

Each room registers its documents (one name, one packaged file, one parser) or families (a folder
of files of one kind, to which a workspace may add its own). ``load`` gives the parsed object in
force. ``save`` makes a new version. Each document names the permission that changing it needs.
"""

from tenure.core.policy.authority import is_operator, may_change, permit_by, refuse
from tenure.core.policy.changing import rollback, save, save_all
from tenure.core.policy.checking import validate
from tenure.core.policy.difference import diff, diff_texts
from tenure.core.policy.files import apply, check, compare, export
from tenure.core.policy.reading import (
    IN_FORCE,
    PACKAGED,
    Version,
    default_text,
    label,
    load,
    parsed,
    source_of,
    text,
    texts,
    version,
    versions,
)
from tenure.core.policy.registry import (
    EDIT,
    GOVERN,
    PolicyDocument,
    PolicyFamily,
    document,
    documents,
    list_names,
    register,
    register_family,
)

__all__ = [
    "EDIT",
    "GOVERN",
    "IN_FORCE",
    "PACKAGED",
    "PolicyDocument",
    "PolicyFamily",
    "Version",
    "apply",
    "check",
    "compare",
    "default_text",
    "diff",
    "diff_texts",
    "document",
    "documents",
    "export",
    "is_operator",
    "label",
    "list_names",
    "load",
    "may_change",
    "parsed",
    "permit_by",
    "refuse",
    "register",
    "register_family",
    "rollback",
    "save",
    "save_all",
    "source_of",
    "text",
    "texts",
    "validate",
    "version",
    "versions",
]
