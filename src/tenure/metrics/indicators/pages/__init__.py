"""The Indicators page: what leads revenue, what was expected of it, and what is out of line."""
