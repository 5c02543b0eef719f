"""Seeing people in films: detection, tracking, pose, and the weights that these need."""
