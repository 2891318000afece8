"""The cancel flow: for customers without signing in, and for the team."""
