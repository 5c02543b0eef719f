"""Everybody who was followed gets a picture in the assessment's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from clinigait.perception.pose import PoseEstimator
from clinigait.perception.survey import Survey
from clinigait.perception.thumbnails import MAX_PICTURED, write_thumbnails


def portrayed(found: Survey, folder: Path, pose: PoseEstimator | None) -> Survey:
    """Write ``frames/person-N.jpg`` of the first people, faces blurred, and name them.

    Parameters
    ----------
    found
        The survey.
    folder
        Folder of the assessment.
    pose
        Finds the heads in the pictures; without one only the boxes tell where they are.

    Returns
    -------
    Survey
        With ``picture`` filled in for everybody of whom there is one.
    """
    pictures = {
        person.number: track.album.best(track.start_s, track.end_s)
        for person, track in zip(found.people, found.tracks, strict=True)
        if person.number <= MAX_PICTURED
    }
    names = write_thumbnails(folder, pictures, pose)
    people = tuple(replace(p, picture=names.get(p.number)) for p in found.people)
    return replace(found, people=people)
