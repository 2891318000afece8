"""The Revenue pages: movements, retention, the accounts behind each number, cohorts, lifetime."""
