"""Programs: what is done for customers, one folder each. They learn of each other through facts."""
