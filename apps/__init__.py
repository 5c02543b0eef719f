"""The programs that are started as processes of their own: dashboard and worker."""
