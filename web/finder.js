// Finds faces: pfld_mm/runtime/face_finder.py, the whole image at one size.

import { area, faceRoll } from './boxes.js';
import { rint } from './crop.js';
import { decodeFaces } from './decode.js';
import { resized } from './resize.js';

const MAX_SIDE = 640;
const CLOSE_UP_SIDE = 320; // searched for faces that fill the image
const CLOSE_UP_RATIO = 0.4;
const MULTIPLE = 32; // height and width of the input
const PADDING = 127.5;

export class Finder {
  /** @param {Session} session @param {object} info The finder's model.json. */
  constructor(session, info) {
    this.session = session;
    this.thresholds = info.thresholds;
  }

  /**
   * @param {number} minScore
   * @returns {Promise<{box: number[], score: number, roll: number}[]>} The largest face first.
   */
  async find(image, minScore = this.thresholds.min_score) {
    const longer = Math.max(image.width, image.height);
    let faces = await this.search(image, MAX_SIDE, minScore);
    if (Math.min(MAX_SIDE, longer) > CLOSE_UP_SIDE) {
      const found = await this.search(image, CLOSE_UP_SIDE, minScore);
      const side = ({ box }) => Math.max(box[2] - box[0], box[3] - box[1]);
      const closeUps = found.filter((face) => side(face) > CLOSE_UP_RATIO * longer);
      const isPart = (face) => closeUps.some((one) => isPartOf(face, one));
      faces = [...closeUps, ...faces.filter((face) => !isPart(face))];
    }
    return faces.sort((a, b) => area(b.box) - area(a.box));
  }

  async search(image, maxSide, minScore) {
    const { data, dims, size } = finderInput(image, maxSide);
    const output = await this.session.run(data, dims);
    const [, , height, width] = output.dims;
    const faces = decodeFaces(output.data, width, height, minScore, this.thresholds.max_iou);
    const zoom = [size[0] / image.width, size[1] / image.height];
    const toImage = (value, k) => (value + 0.5) / zoom[k % 2] - 0.5;
    return faces.map(({ box, score, points }) => {
      const moved = points.map((point) => point.map(toImage));
      return { box: box.map(toImage), score, points: moved, roll: faceRoll(moved) };
    });
  }
}

/** Whether a face is a part of a close-up that was found as well. */
function isPartOf(face, closeUp) {
  const [x, y] = [(face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2];
  const [x0, y0, x1, y1] = closeUp.box;
  return x >= x0 && x <= x1 && y >= y0 && y <= y1 && face.score <= closeUp.score;
}

/** The image at its limited size as a BGR tensor, padded at the right and below. */
export function finderInput(image, maxSide) {
  const zoom = Math.min(1, maxSide / Math.max(image.width, image.height));
  const size = [image.width, image.height].map((side) => Math.max(1, rint(side * zoom)));
  const small = resized(image, size);
  const [width, height] = size.map((side) => Math.ceil(side / MULTIPLE) * MULTIPLE);
  const data = new Float32Array(3 * width * height).fill(PADDING);
  for (let y = 0; y < size[1]; y++) {
    for (let x = 0; x < size[0]; x++) {
      const from = (y * size[0] + x) * 4;
      const to = y * width + x;
      for (let k = 0; k < 3; k++) data[k * width * height + to] = small.data[from + 2 - k];
    }
  }
  return { data, dims: [1, 3, height, width], size };
}
