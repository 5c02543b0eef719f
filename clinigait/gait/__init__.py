"""Gait measurement: from keypoints to events, strides and parameters."""
