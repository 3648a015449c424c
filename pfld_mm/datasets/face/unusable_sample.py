class UnusableSample(ValueError):
    """One face cannot be used: its image is missing, broken, or its points are far off it.

    Raised by ``LoadFace`` only. In training the dataset counts it and takes another face; in
    testing it ends the run. The message names the image and the line of the annotation.
    """


class TooManyUnusable(RuntimeError):
    """More faces of a training set cannot be used than are tolerated."""
