"""The protocols: what is done with a walk, as data. Installed as ``clinigait.protocols``."""
