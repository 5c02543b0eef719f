"""Cohorts: a study from manifest to table and summary."""
