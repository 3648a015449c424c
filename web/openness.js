// How open eyes and mouth are: pfld_mm/core/openness.py.

/** Area inside a closed loop of points over the square of its width; 0 for a shut or crossed one. */
export function openness(points, loop) {
  const corners = loop.map((index) => points[index]);
  let area = 0;
  corners.forEach(([x, y], i) => {
    const [u, v] = corners[(i + 1) % corners.length];
    area += (x * v - u * y) / 2;
  });
  const [left, right] = [corners[0], corners[corners.length / 2]];
  const width = Math.hypot(left[0] - right[0], left[1] - right[1]);
  return width > 0 ? Math.max(area, 0) / width ** 2 : NaN;
}

/**
 * @param {{right_eye: number[], left_eye: number[], mouth: number[]}} groups Of the mark-up.
 * @returns {{right: number, left: number, mouth: number}} Right and left are the face's own.
 */
export function opennessOf(points, groups) {
  return {
    right: openness(points, groups.right_eye),
    left: openness(points, groups.left_eye),
    mouth: openness(points, groups.mouth),
  };
}
