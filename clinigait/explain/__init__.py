"""Explanations that can be checked."""
