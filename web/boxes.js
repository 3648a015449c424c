// Boxes of faces, [x_min, y_min, x_max, y_max] in image pixels: pfld_mm/core/boxes.py and
// pfld_mm/core/finder/face_geometry.py.

/** Intersection over union of two boxes. */
export function iou(one, other) {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const common = Math.max(width, 0) * Math.max(height, 0);
  return common / Math.max(area(one) + area(other) - common, 1e-12);
}

export function area(box) {
  return (box[2] - box[0]) * (box[3] - box[1]);
}

/** The box around points. */
export function boxAround(points) {
  const [xs, ys] = [0, 1].map((k) => points.map((point) => point[k]));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Whether a box has a sensible size and its center in the image. */
export function plausible(box, image) {
  const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const sides = [box[2] - box[0], box[3] - box[1]];
  const inside = x >= 0 && y >= 0 && x < image.width && y < image.height;
  const limit = 20 * Math.max(image.width, image.height);
  return inside && sides.every((side) => side >= 8 && side <= limit);
}

/** In-plane rotation in degrees, clockwise, from [pupil, pupil, nose, mouth corner, mouth corner]. */
export function faceRoll(points) {
  const middle = (a, b, k) => (points[a][k] + points[b][k]) / 2;
  const x = middle(3, 4, 0) - middle(0, 1, 0);
  const y = middle(3, 4, 1) - middle(0, 1, 1);
  return (Math.atan2(-x, y) * 180) / Math.PI;
}

/**
 * Center and extent [w, h] of what is cut out: the box, padded, grown to the crop's aspect ratio.
 */
export function cropSquare(box, padding, size) {
  const center = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const [width, height] = [(box[2] - box[0]) * padding, (box[3] - box[1]) * padding];
  const ratio = size[0] / size[1];
  const extent = width > height * ratio ? [width, width / ratio] : [height * ratio, height];
  return { center, extent };
}

/**
 * The box that a tilted face has when its image is turned upright about the box's center.
 * @param {number[]} box Around the tilted face.
 * @param {number} roll Degrees.
 * @param {number[][]} meanFace Landmarks of the mean face in the unit square.
 */
export function uprightBox(box, roll, meanFace) {
  if (roll === 0) return box;
  const angle = (roll * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const sides = [box[2] - box[0], box[3] - box[1]];
  const aspect = uprightAspect(sides, angle);
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const point of meanFace) {
    const [x, y] = [(point[0] - 0.5) * aspect, point[1] - 0.5];
    [cos * x - sin * y, sin * x + cos * y].forEach((value, k) => {
      low[k] = Math.min(low[k], value);
      high[k] = Math.max(high[k], value);
    });
  }
  const scale = (sides[0] + sides[1]) / (high[0] - low[0] + high[1] - low[1]);
  const x = (box[0] + box[2] - scale * (low[0] + high[0])) / 2;
  const y = (box[1] + box[3] - scale * (low[1] + high[1])) / 2;
  const [w, h] = [(scale * aspect) / 2, scale / 2];
  return [x - w, y - h, x + w, y + h];
}

/** Width by height of the upright face; near 45 degrees the tilted box does not say, so 1 is used. */
function uprightAspect([width, height], angle) {
  const total = width ** 2 + height ** 2;
  const cosine = Math.cos(2 * angle);
  const trust = Math.min(Math.max((Math.abs(cosine) - 0.3) / 0.4, 0), 1);
  const exact = (width ** 2 - height ** 2) / (trust > 0 ? cosine : 1);
  const difference = Math.min(Math.max(trust * exact, -0.95 * total), 0.95 * total);
  return Math.sqrt((total + difference) / (total - difference));
}
