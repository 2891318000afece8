"""Documents: what is written for people from what the workspace knows."""
