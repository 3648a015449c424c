"""Whole models: the two-stage slider and the face finder."""
