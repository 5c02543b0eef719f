"""Learning from data, and holding what was learned against the truth."""
