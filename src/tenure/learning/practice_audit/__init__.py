"""The practice audit: known faults of customer success, looked for in the workspace's own data."""
