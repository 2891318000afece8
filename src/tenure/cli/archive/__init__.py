"""The whole workspace as one file, and back.

The order makes it consistent while a server runs: the state database first, the lake after it. A
fact that was on its way is then in both, and the lake takes no fact twice.
"""

from tenure.cli.archive.reading import restore
from tenure.cli.archive.writing import backup

__all__ = ["backup", "restore"]
