"""Billing: one outbox for what is asked of billing systems, behind one small contract.

A system is one file in its own folder (``stripe/billing.py``) and a line in ``contract.BILLING``.
"""
