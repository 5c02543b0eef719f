"""Why a model says what it says, and in what words: where it looked, and what is checked of it."""
