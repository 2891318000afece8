"""Dunning: payments that failed, brought home kindly, or ended in time."""
