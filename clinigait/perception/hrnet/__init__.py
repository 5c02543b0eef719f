"""HRNet: keypoints with feet, from the checkpoints of its own project, run without it.

``checkpoints`` is the table, ``obtain`` the road from a checkpoint to a network that runs:
``export`` (which needs torch and mmpose, with ``stand_ins`` for what mmpose does not need for
HRNet), then ``precision`` (whether bfloat16 is good enough here). ``card`` is what travels with the
network, ``topdown`` the crops and the decoding, ``estimator`` what the pipeline sees.

One HRNet is our own: ``compact`` is the network (torch and mmpose again), ``compact_export`` writes
it, ``shipped`` says where it lies.
"""
