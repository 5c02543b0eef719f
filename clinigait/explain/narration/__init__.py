"""Narration: findings in sentences, by template or by a frozen language model that is checked."""
