"""Churn learned from history: gradient boosting beside the rules, calibrated and held against them.

Needs LightGBM (``pip install tenure[learn]``); everything else works without.
"""
