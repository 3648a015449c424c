"""Drawn slider puzzles with exact labels: ``python -m pfld_mm.synth.puzzles``."""
