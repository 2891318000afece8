"""Rows of any table that come over the REST API: kept in the inbox first, landed by a worker."""
