"""Casbin as the single source of decisions, compiled: no decision walks the policy row by row.

`gate` is the only door to pycasbin, `lint` refuses what pycasbin accepts in silence, `compiled` indexes the
rows of any Casbin model, and `specialise` turns a few rule rows over many facts into straight-line Python.
"""
