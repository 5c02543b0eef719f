"""The nouns: what every other part of clinigait talks about."""

from clinigait.core.assessment import (
    SCHEMA_VERSION,
    Assessment,
    PerceptionFacts,
    PersonSeen,
    ProtocolFacts,
    Provenance,
    RecordingFacts,
    StoredFrame,
)
from clinigait.core.camera import assumed_focal_px
from clinigait.core.definition import Definition, DefinitionGroup
from clinigait.core.layout import (
    BLAZEPOSE_33,
    COCO_17,
    LAYOUTS,
    SIDES,
    WHOLEBODY_23,
    KeypointLayout,
    Side,
    opposite,
)
from clinigait.core.measurement import (
    Bout,
    Curve,
    Event,
    EventKind,
    Grade,
    Measurement,
    Parameter,
    QualityCheck,
    Reference,
    Scale,
    Stride,
)
from clinigait.core.progress import Progress
from clinigait.core.protocol import Limit, Protocol, ProtocolKind, WalkerRule
from clinigait.core.recording import Frame, FrameSource, Recording
from clinigait.core.refusal import BadInputError, Refused, RefusedError
from clinigait.core.walk import Sex, Silhouettes, Space, Subject, Walk

__all__ = [
    "BLAZEPOSE_33",
    "COCO_17",
    "LAYOUTS",
    "SCHEMA_VERSION",
    "SIDES",
    "WHOLEBODY_23",
    "Assessment",
    "BadInputError",
    "Bout",
    "Curve",
    "Definition",
    "DefinitionGroup",
    "Event",
    "EventKind",
    "Frame",
    "FrameSource",
    "Grade",
    "KeypointLayout",
    "Limit",
    "Measurement",
    "Parameter",
    "PerceptionFacts",
    "PersonSeen",
    "Progress",
    "Protocol",
    "ProtocolFacts",
    "ProtocolKind",
    "Provenance",
    "QualityCheck",
    "Recording",
    "RecordingFacts",
    "Reference",
    "Refused",
    "RefusedError",
    "Scale",
    "Sex",
    "Side",
    "Silhouettes",
    "Space",
    "StoredFrame",
    "Stride",
    "Subject",
    "Walk",
    "WalkerRule",
    "assumed_focal_px",
    "opposite",
]
