"""Ultralight landmark models for MMPose. Importing this loads neither torch nor mm*."""

__version__ = '0.1.0'
