"""The board: the few figures a company steers retention by, each with target, trend and status."""
