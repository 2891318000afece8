"""Stripe as a way in: its notices and its history become rows of our tables.

See docs/rules/stripe.md.
"""
