"""Billing systems, behind one small contract. Add one: a file here, and its line in BILLING."""
