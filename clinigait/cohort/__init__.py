"""A study of any size: every walk of a manifest scored, kept and told in one table."""
