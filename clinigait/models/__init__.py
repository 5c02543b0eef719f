"""Tasks, and the models that answer them beside a measurement."""
