// The affine crop of a face: the rule of pfld_mm/core/crop.py. `warpAffine` and `areaAverage` repeat
// OpenCV's integer arithmetic, so a crop is equal to Python's to the bit.
//
// An image is {data, width, height}: RGBA bytes as canvas gives them; the alpha byte is ignored.
// Pixel centers are integers. A matrix is [a, b, c, d, e, f]: (x, y) -> (ax + by + c, dx + ey + f).

/** Round half to even, as numpy and OpenCV do. */
export function rint(x) {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

/**
 * The matrix that takes image coordinates to crop coordinates.
 * @param {number[]} center x, y of the box in image pixels.
 * @param {number} extent Width of the box in image pixels, padding included.
 * @param {number} roll Degrees, clockwise; the crop shows the box upright.
 * @param {number[]} size Width and height of the crop.
 */
export function cropMatrix(center, extent, roll, size) {
  const factor = size[0] / extent;
  const angle = (roll * Math.PI) / 180;
  const cos = factor * Math.cos(angle);
  const sin = factor * Math.sin(angle);
  return [
    cos, sin, size[0] / 2 - cos * center[0] - sin * center[1],
    -sin, cos, size[1] / 2 + sin * center[0] - cos * center[1],
  ];
}

/** Inverse of an affine matrix. */
export function inverted([a, b, c, d, e, f]) {
  const scale = 1 / (a * e - b * d);
  const [p, q, r, s] = [e * scale, -b * scale, -d * scale, a * scale];
  return [p, q, -p * c - q * f, r, s, -r * c - s * f];
}

/**
 * Cut out the region that `matrix` maps to (0, 0, ...size); black outside the image. Where the image
 * is reduced by 2 or more it is averaged over n x n pixels first.
 */
export function crop(image, matrix, size) {
  const [a, b, , d, e] = matrix;
  const factor = Math.max(1, Math.floor(1 / Math.sqrt(Math.abs(a * e - b * d)) + 1e-6));
  const [x0, y0, x1, y1] = neededRegion(image, matrix, size, 2 * factor);
  if (x0 >= x1 || y0 >= y1) return blank(size);
  const region = areaAverage(image, [x0, y0, x1, y1], factor);
  const u = x0 + (factor - 1) / 2;
  const v = y0 + (factor - 1) / 2;
  const adjusted = [
    a * factor, b * factor, a * u + b * v + matrix[2],
    d * factor, e * factor, d * u + e * v + matrix[5],
  ];
  return warpAffine(region, adjusted, size);
}

function blank(size) {
  const data = new Uint8ClampedArray(size[0] * size[1] * 4);
  return { data, width: size[0], height: size[1] };
}

function neededRegion(image, matrix, size, margin) {
  const [a, b, c, d, e, f] = inverted(matrix);
  const corners = [[0, 0], [size[0], 0], [0, size[1]], size];
  const xs = corners.map(([x, y]) => a * x + b * y + c);
  const ys = corners.map(([x, y]) => d * x + e * y + f);
  const clip = (value, limit) => Math.min(Math.max(value, 0), limit);
  return [
    clip(Math.floor(Math.min(...xs)) - margin, image.width),
    clip(Math.floor(Math.min(...ys)) - margin, image.height),
    clip(Math.ceil(Math.max(...xs)) + margin, image.width),
    clip(Math.ceil(Math.max(...ys)) + margin, image.height),
  ];
}

/** Means over n x n pixels of a region; what the last cells lack is black. */
function areaAverage(image, [x0, y0, x1, y1], n) {
  const width = Math.ceil((x1 - x0) / n);
  const height = Math.ceil((y1 - y0) / n);
  const out = blank([width, height]);
  // OpenCV rounds halves up for n = 2 and to even otherwise.
  const round = n === 2 ? (sum) => (sum + 2) >> 2 : (sum) => rint(sum / (n * n));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const sums = [0, 0, 0];
      const bottom = Math.min(y0 + (row + 1) * n, y1);
      const right = Math.min(x0 + (column + 1) * n, x1);
      for (let y = y0 + row * n; y < bottom; y++) {
        for (let x = x0 + column * n; x < right; x++) {
          const at = (y * image.width + x) * 4;
          for (let k = 0; k < 3; k++) sums[k] += image.data[at + k];
        }
      }
      const to = (row * width + column) * 4;
      for (let k = 0; k < 3; k++) out.data[to + k] = round(sums[k]);
    }
  }
  return out;
}

/** Bilinear, black outside; coordinates in steps of 1/32 pixel, as OpenCV's warpAffine has them. */
function warpAffine(image, matrix, size) {
  const [a, b, c, d, e, f] = inverted(matrix);
  const out = blank(size);
  const columns = Array.from({ length: size[0] }, (_, x) => [rint(a * x * 1024), rint(d * x * 1024)]);
  for (let row = 0, to = 0; row < size[1]; row++) {
    const startX = rint((b * row + c) * 1024) + 16;
    const startY = rint((e * row + f) * 1024) + 16;
    for (const [stepX, stepY] of columns) {
      sample(image, (startX + stepX) >> 5, (startY + stepY) >> 5, out.data, to);
      to += 4;
    }
  }
  return out;
}

function sample({ data, width, height }, x, y, out, to) {
  const column = x >> 5, row = y >> 5, u = x & 31, v = y & 31;
  let red = 512, green = 512, blue = 512; // half of 32 * 32, for rounding
  for (let dy = 0; dy < 2; dy++) {
    if (row + dy < 0 || row + dy >= height) continue;
    for (let dx = 0; dx < 2; dx++) {
      if (column + dx < 0 || column + dx >= width) continue;
      const weight = (dx ? u : 32 - u) * (dy ? v : 32 - v);
      const at = ((row + dy) * width + column + dx) * 4;
      red += weight * data[at];
      green += weight * data[at + 1];
      blue += weight * data[at + 2];
    }
  }
  out[to] = red >> 10;
  out[to + 1] = green >> 10;
  out[to + 2] = blue >> 10;
}
