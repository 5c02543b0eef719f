"""What can be told of a walk, one file a task; read by clinigait.models.task."""
