// Reduces an image for the finder: averages over the pixels that a new pixel covers, the method of
// OpenCV's INTER_AREA; and bilinear before that where the image is more than four times as large
// (pfld_mm/core/finder/search_windows.py).

/** The image at size [w, h]; equal to Python's up to one step of 255. */
export function resized(image, size) {
  if (image.width === size[0] && image.height === size[1]) return image;
  const ratio = image.width / size[0];
  if (ratio > 4) image = weighted(image, [size[0] * 3, size[1] * 3], bilinearWeights);
  return weighted(image, size, ratio > 1 ? areaWeights : bilinearWeights);
}

/** Rows and columns are weighted one after the other: both methods are separable. */
function weighted(image, [width, height], weightsOf) {
  const columns = weightsOf(image.width, width);
  const rows = weightsOf(image.height, height);
  const out = { data: new Uint8ClampedArray(width * height * 4), width, height };
  const line = new Float32Array(image.width * 3);
  rows.forEach((parts, y) => {
    line.fill(0);
    for (const [row, weight] of parts) {
      let at = row * image.width * 4;
      for (let i = 0; i < line.length; i += 3, at += 4) {
        line[i] += weight * image.data[at];
        line[i + 1] += weight * image.data[at + 1];
        line[i + 2] += weight * image.data[at + 2];
      }
    }
    columns.forEach((cells, x) => {
      for (let k = 0; k < 3; k++) {
        let sum = 0;
        for (const [column, weight] of cells) sum += weight * line[column * 3 + k];
        out.data[(y * width + x) * 4 + k] = sum; // the array rounds and clamps
      }
    });
  });
  return out;
}

/** For each new pixel the old ones that it covers: [[index, weight], ...]. */
function areaWeights(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * scale, Math.min((i + 1) * scale, from)];
    const parts = [];
    for (let k = Math.floor(start); k < Math.min(Math.ceil(end), from); k++) {
      const part = Math.min(k + 1, end) - Math.max(k, start);
      if (part > 1e-3) parts.push([k, part / (end - start)]);
    }
    return parts;
  });
}

function bilinearWeights(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const place = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
    const low = Math.floor(place);
    const part = place - low;
    return part === 0 ? [[low, 1]] : [[low, 1 - part], [low + 1, part]];
  });
}
