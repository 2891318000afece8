"""The Alerts page: signs that somebody should look at, and how often each kind was right."""
