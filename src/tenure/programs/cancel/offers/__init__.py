"""The kinds of offers: one file each, with its settings, who may have it, its terms and its acts.

A new kind is a file here that ends in ``KIND = …``, and its sentence ``saved_<kind>`` in the
words of ``policy.toml``.
"""
