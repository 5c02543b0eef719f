"""Loads that a movement asks for: inverse dynamics of rigid segments, from joints alone.

What comes out is inferred from a movement and a table of masses. It is no measurement of a force.
"""
