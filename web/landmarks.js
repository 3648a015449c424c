// Points of found faces: pfld_mm/runtime/face_landmarker.py.

import { area, boxAround, cropSquare, faceRoll, iou, plausible, uprightBox } from './boxes.js';
import { crop, cropMatrix } from './crop.js';
import { decodePoints } from './decode.js';
import { networkInput } from './network_input.js';

const MAX_RELATIVE_SIGMA = 0.08; // above that it is no face
const FITTING = 0.85; // a found box that overlaps the box around its points by more is good enough
const SAME = 0.5; // two finds whose points overlap by more are one face
const UNSURE_MIN_SCORE = 0.3; // of the finder where the points tell false finds afterwards

export class Landmarker {
  /**
   * @param {Session} session
   * @param {object} info The model's model.json.
   * @param {number[][]} meanFace See uprightBox.
   * @param {number[][]} fivePoints Which points each of faceRoll's five is the mean of.
   */
  constructor(session, info, meanFace, fivePoints) {
    Object.assign(this, { session, info, meanFace, fivePoints });
    this.tellsSigma = info.output.shape?.at(-1) === 4;
  }

  /** The score that the finder should ask for; undefined: its own. */
  get minScore() {
    return this.tellsSigma ? UNSURE_MIN_SCORE : undefined;
  }

  /**
   * Points of all found faces of an image. Where the found box does not fit the points, they are
   * found again in the box around them. What the model is unsure of is left out as no face.
   */
  async landmarks(image, found) {
    const results = [];
    for (const face of found.filter(({ box }) => plausible(box, image))) {
      const first = await this.face(image, face);
      const around = boxAround(first.points);
      const again = plausible(around, image) && iou(around, face.box) < FITTING;
      const second = { ...face, box: around, roll: this.roll(first.points) };
      results.push(again ? await this.face(image, second) : first);
    }
    const others = (one) => results.filter((other) => other.score > one.score);
    const same = (one, other) => iou(boxAround(one.points), boxAround(other.points)) > SAME;
    return results.filter((one) => !(relativeSigma(one) > MAX_RELATIVE_SIGMA)
      && !others(one).some((other) => same(one, other)));
  }

  /** In-plane rotation in degrees, from the landmarks. */
  roll(points) {
    return faceRoll(this.fivePoints.map((group) => meanPoint(group.map((index) => points[index]))));
  }

  /** One face: crop, network, decode. */
  async face(image, { box, roll, score }) {
    const size = this.info.input_size;
    const square = cropSquare(uprightBox(box, roll, this.meanFace), this.info.crop.padding, size);
    const matrix = cropMatrix(square.center, square.extent[0], roll, size);
    const { data, dims } = networkInput([crop(image, matrix, size)], this.info);
    const output = await this.session.run(data, dims);
    const decoded = decodePoints(output.data, this.info.num_keypoints, square, roll);
    const inCrop = decodePoints(output.data, this.info.num_keypoints, {
      center: [size[0] / 2, size[1] / 2],
      extent: size,
    }, 0).points;
    return { box, roll, score, ...decoded, inCrop };
  }
}

function meanPoint(points) {
  return [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);
}

/** Mean standard deviation of a face's points over the root of its box's area; NaN without any. */
function relativeSigma({ box, sigmas }) {
  if (!sigmas) return NaN;
  const mean = sigmas.flat().reduce((sum, value) => sum + value, 0) / (2 * sigmas.length);
  return mean / Math.sqrt(area(box));
}
