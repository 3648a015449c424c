"""Whole images with labelled faces, for the face finder."""
