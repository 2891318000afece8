"""Is the workspace well? Each check is a function that gives findings; see ``checks``."""

from tenure.cli.doctor.finding import Finding, Level, worst
from tenure.cli.doctor.run import examine

__all__ = ["Finding", "Level", "examine", "worst"]
