"""Why a model says what it says: where it looked, and whether that holds."""
