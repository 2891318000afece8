"""The Practice page: known faults of customer success, looked for in one's own data."""
