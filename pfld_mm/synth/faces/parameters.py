"""Everything that determines one synthetic face, as plain numbers."""

from dataclasses import dataclass, field

import numpy as np

ATTRIBUTE_NAMES = ('pose', 'expression', 'illumination', 'make-up', 'occlusion', 'blur')
"""The six attributes of WFLW in the order of its lists."""

OCCLUSIONS = ('none', 'sunglasses', 'hand', 'mask', 'fringe', 'patches')
BLURS = ('none', 'gauss', 'motion')
BACKGROUNDS = ('gradient', 'noise', 'blobs', 'stripes')
HAIR_STYLES = ('bald', 'short', 'long')

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Identity:
    """Shape of a face, 0 = the mean face, about +-1 = clearly different, without a unit."""

    face_width: float = 0.0
    jaw_width: float = 0.0
    face_length: float = 0.0
    eye_size: float = 0.0
    eye_spacing: float = 0.0
    brow_height: float = 0.0
    brow_tilt: float = 0.0
    nose_width: float = 0.0
    nose_length: float = 0.0
    nose_depth: float = 0.0
    mouth_width: float = 0.0
    lip_thickness: float = 0.0


@dataclass(frozen=True)
class Expression:
    """Facial expression: mouth, smile, eyes 0..1, brows and gaze -1..1.

    Right and left are the face's own: its right eye is on the image's left. An eye of closure 1
    is shut: upper and lower lid points are the same.
    """

    mouth_open: float = 0.0
    smile: float = 0.0
    brow_raise: float = 0.0
    right_eye_closure: float = 0.0
    left_eye_closure: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0

    @property
    def eye_closures(self) -> tuple[float, float]:
        """Closure of the right and the left eye, 0..1."""
        return self.right_eye_closure, self.left_eye_closure


@dataclass(frozen=True)
class Lighting:
    """A distant lamp and the light around.

    Attributes:
        azimuth: Direction of the lamp, radians, 0 = from the camera, > 0 from the image's right.
        elevation: The same, > 0 from above.
        ambient: Light from everywhere; 1 = no shading at all.
        gain: Brightness of the whole image, 1 = normal.
        tint: Color of the light, (b, g, r) factors.
    """

    azimuth: float = 0.3
    elevation: float = 0.6
    ambient: float = 0.6
    gain: float = 1.0
    tint: Color = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Looks:
    """Colors (b, g, r), 0..255, and amounts 0..1."""

    skin: Color = (150.0, 180.0, 228.0)
    hair: Color = (30.0, 45.0, 70.0)
    iris: Color = (60.0, 90.0, 120.0)
    clothes: Color = (120.0, 90.0, 60.0)
    hair_style: str = 'short'
    hair_volume: float = 0.5
    beard: float = 0.0
    lipstick: float = 0.0
    eye_shadow: float = 0.0
    blush: float = 0.0
    make_up: Color = (60.0, 40.0, 200.0)


@dataclass(frozen=True)
class FaceParameters:
    """One synthetic face and its image.

    Attributes:
        yaw: Radians, convention of `pfld_mm.core.head_pose`, as pitch and roll.
        pitch: Radians.
        roll: Radians.
        size: Side of the square image, pixels.
        scale: Distance of the outer eye corners of a frontal mean face / size.
        center: Where the middle of the head is, fractions of size.
        focal: Focal length / size.
        occlusion: One of OCCLUSIONS.
        blur: One of BLURS.
        blur_size: Standard deviation (gauss) or length (motion) / size.
        background: One of BACKGROUNDS.
        texture_seed: Seeds the details that no label depends on (background, noise, patches).
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    size: int = 256
    scale: float = 0.3
    center: tuple[float, float] = (0.5, 0.5)
    focal: float = 2.0
    identity: Identity = field(default_factory=Identity)
    expression: Expression = field(default_factory=Expression)
    lighting: Lighting = field(default_factory=Lighting)
    looks: Looks = field(default_factory=Looks)
    occlusion: str = 'none'
    blur: str = 'none'
    blur_size: float = 0.0
    background: str = 'gradient'
    texture_seed: int = 0

    def __post_init__(self) -> None:
        for name, value, known in (
            ('occlusion', self.occlusion, OCCLUSIONS),
            ('blur', self.blur, BLURS),
            ('background', self.background, BACKGROUNDS),
            ('hair_style', self.looks.hair_style, HAIR_STYLES),
        ):
            if value not in known:
                raise ValueError(f'face parameters: {name}={value!r} is not one of {known}')

    @property
    def euler(self) -> tuple[float, float, float]:
        """(yaw, pitch, roll) in radians."""
        return self.yaw, self.pitch, self.roll

    @property
    def attributes(self) -> tuple[int, ...]:
        """The six attributes of WFLW, 0 or 1, in the order of ATTRIBUTE_NAMES."""
        yaw, pitch, roll = np.abs(np.rad2deg(self.euler))
        face, light, looks = self.expression, self.lighting, self.looks
        flags = (
            yaw > 30 or pitch > 22 or roll > 35,
            max(face.mouth_open, face.smile, abs(face.brow_raise), *face.eye_closures) > 0.5,
            light.ambient < 0.4 or abs(light.gain - 1) > 0.3 or np.ptp(light.tint) > 0.3,
            max(looks.lipstick, looks.eye_shadow, looks.blush) > 0.4,
            self.occlusion != 'none',
            self.blur != 'none',
        )
        return tuple(int(flag) for flag in flags)
