"""Is the workspace well? Each check is a function that gives findings; see ``checks``."""

from tenure.cli.doctor.run import examine
from tenure.core.doctor import Finding, Level, worst

__all__ = ["Finding", "Level", "examine", "worst"]
