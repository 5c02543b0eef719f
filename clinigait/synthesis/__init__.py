"""The virtual gait clinic: synthetic patients whose gait is known exactly, on film.

The road of a synthetic walk::

    population ─draw─► Person, Prescription ─walking─► Motion + Truth ─sensors─► film, depth, ...
                          │ bodies                       │
                          └─► Body ──────────────────────┘
"""
