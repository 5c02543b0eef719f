"""The worker: does the jobs that clinicians order."""
