"""Drawn faces with 98 exact points: ``python -m pfld_mm.synth.faces``."""
