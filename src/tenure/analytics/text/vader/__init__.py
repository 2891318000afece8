"""VADER's lexicon (C. J. Hutto, MIT: LICENSE.txt), as of its release 3.3.2.

Words with their mean rating, and emoji with what they show; see ``analytics.text.lexicon``.
"""
