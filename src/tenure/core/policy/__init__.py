"""Policy: packaged TOML defaults, overridden by versions kept in the workspace.

Each room registers its documents (one name, one packaged file, one parser) or families (a folder
of files of one kind, to which a workspace may add its own). ``load`` gives the parsed object in
force. ``save`` makes a new version.
"""

from tenure.core.policy.changing import rollback, save, save_all
from tenure.core.policy.checking import validate
from tenure.core.policy.difference import diff, diff_texts
from tenure.core.policy.files import apply, check, compare, export
from tenure.core.policy.reading import (
    PACKAGED,
    Version,
    default_text,
    label,
    load,
    parsed,
    source_of,
    text,
    version,
    versions,
)
from tenure.core.policy.registry import (
    PolicyDocument,
    PolicyFamily,
    document,
    documents,
    list_names,
    register,
    register_family,
)

__all__ = [
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
    "label",
    "list_names",
    "load",
    "parsed",
    "register",
    "register_family",
    "rollback",
    "save",
    "save_all",
    "source_of",
    "text",
    "validate",
    "version",
    "versions",
]
