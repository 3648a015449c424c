"""What the command line says of each image: a sentence, a line of JSON, or lines of CSV."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol, TextIO

from pfld_mm.core.plain import rounded
from pfld_mm.runtime.arguments import STDOUT
from pfld_mm.runtime.face_landmarks import FaceLandmarks
from pfld_mm.runtime.slider_result import SliderResult

FACE_COLUMNS = ('source', 'time', 'face', 'point', 'name', 'x', 'y', 'score')
SLIDER_COLUMNS = ('source', 'found', 'gap_x', 'gap_y', 'piece_x', 'piece_y', 'distance', 'angle')


class Report(Protocol):
    """Takes the results one after another."""

    def add(self, source: str, result: FaceLandmarks | SliderResult, time: float | None) -> None:
        """One image, or the frame of a video at ``time`` seconds."""


class JsonReport:
    """A line of JSON for each image or frame.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def add(self, source: str, result: FaceLandmarks | SliderResult, time: float | None) -> None:
        """Write a line: ``source``, ``time`` of a frame, and what the result's ``to_dict`` says."""
        when = {} if time is None else {'time': round(time, 4)}
        print(json.dumps({'source': source, **when, **result.to_dict()}), file=self.stream)


class CsvReport:
    """Lines of CSV: one for each point of a face, or one for each puzzle.

    Args:
        stream: Where to write.
        names: Of the points.
    """

    def __init__(self, stream: TextIO, names: tuple[str, ...]) -> None:
        self.writer = csv.writer(stream, lineterminator='\n')
        self.names = names
        self.has_begun = False

    def add(self, source: str, result: FaceLandmarks | SliderResult, time: float | None) -> None:
        """Write the lines, before the first ones the header."""
        if isinstance(result, SliderResult):
            self._begin(SLIDER_COLUMNS)
            self.writer.writerow([source, *_puzzle(result)])
            return
        self._begin(FACE_COLUMNS)
        begin = [source, '' if time is None else round(time, 4)]
        self.writer.writerows([*begin, *line] for line in self._faces(result))

    def _begin(self, columns: tuple[str, ...]) -> None:
        if not self.has_begun:
            self.writer.writerow(columns)
            self.has_begun = True

    def _faces(self, faces: FaceLandmarks) -> list[list[Any]]:
        lines = []
        for number, face in enumerate(faces):
            number = number if face.id is None else face.id
            scores = [''] * len(self.names) if face.scores is None else rounded(face.scores, 4)
            for index, (x, y) in enumerate(rounded(face.points)):
                lines.append([number, index, self.names[index], x, y, scores[index]])
        return lines


def _puzzle(result: SliderResult) -> list[Any]:
    gap, piece = result.gap or ('', ''), result.piece or ('', '')
    return [result.found, *gap, *piece, result.distance, result.angle]


def open_reports(
    json_file: str | None, csv_file: str | None, names: tuple[str, ...], stack: ExitStack
) -> list[Report]:
    """The reports for machines that were asked for.

    Args:
        json_file: A path, ``'-'`` for stdout, or None for no report.
        csv_file: The same.
        names: Of the points.
        stack: Closes the files.

    Raises:
        ValueError: If both are to go to the same place.
        OSError: If a file cannot be written.
    """
    if json_file is not None and json_file == csv_file:
        raise ValueError(f'--json and --csv both go to {json_file!r}; name two files')
    reports: list[Report] = []
    if json_file is not None:
        reports.append(JsonReport(_open(json_file, stack)))
    if csv_file is not None:
        reports.append(CsvReport(_open(csv_file, stack), names))
    return reports


def _open(file: str, stack: ExitStack) -> TextIO:
    if file == STDOUT:
        return sys.stdout
    stream = Path(file).open('w', encoding='utf-8', errors='backslashreplace', newline='')
    return stack.enter_context(stream)


def sentence(result: FaceLandmarks | SliderResult) -> str:
    """What was found, for a person."""
    if isinstance(result, SliderResult):
        if result.gap is None:
            return 'no gap with a matching piece'
        return f'gap at ({result.gap[0]:.1f}, {result.gap[1]:.1f}), distance {result.distance:.1f}'
    if not len(result):
        return 'no face found'
    scores = [face.score for face in result if face.score is not None]
    sure = ', '.join(f'{score:.2f}' for score in scores[:5]) + (', ...' if len(scores) > 5 else '')
    faces = '1 face' if len(result) == 1 else f'{len(result)} faces'
    return f'{faces}, confidence {sure}' if scores else faces
