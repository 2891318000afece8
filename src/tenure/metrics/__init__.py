"""The revenue truth of the workspace: movements, retention, cohorts, lifetime value."""
