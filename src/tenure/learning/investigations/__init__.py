"""Churn studied: an investigation of every account that left, filled in by the system."""
