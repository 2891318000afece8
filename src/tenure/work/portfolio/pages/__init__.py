"""The Portfolio pages: load, owed touches, owners, cost to serve, and hand-offs."""
