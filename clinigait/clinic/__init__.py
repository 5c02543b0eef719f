"""What dashboard, worker and commands share: rights, patients, results, signing, the worker."""
