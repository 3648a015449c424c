// From network outputs to faces and points: pfld_mm/core/finder/decode.py and
// FaceLandmarker.postprocess.

import { iou } from './boxes.js';

const STRIDE = 8;

/**
 * Faces in the finder's output map (15, h, w): score, 4 log distances, 5 points.
 * @returns {{box: number[], score: number, points: number[][]}[]} Best first, in input pixels.
 */
export function decodeFaces(map, width, height, minScore, maxIou) {
  const cells = width * height;
  const faces = [];
  for (let cell = 0; cell < cells; cell++) {
    if (map[cell] >= minScore && isPeak(map, cell, width, height)) {
      faces.push(faceOf(map, cell, width, cells));
    }
  }
  faces.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const face of faces) {
    if (kept.every((other) => iou(other.box, face.box) <= maxIou)) kept.push(face);
  }
  return kept;
}

function isPeak(map, cell, width, height) {
  const [row, column] = [Math.floor(cell / width), cell % width];
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++) {
      if (map[y * width + x] > map[cell]) return false;
    }
  }
  return true;
}

function faceOf(map, cell, width, cells) {
  const value = (channel) => map[channel * cells + cell];
  const x = ((cell % width) + 0.5) * STRIDE - 0.5;
  const y = (Math.floor(cell / width) + 0.5) * STRIDE - 0.5;
  const [left, top, right, bottom] = [1, 2, 3, 4].map((c) => Math.exp(Math.min(value(c), 10)) * STRIDE);
  const side = Math.sqrt((left + right) * (top + bottom));
  const points = [0, 1, 2, 3, 4].map((p) => [x + value(5 + 2 * p) * side, y + value(6 + 2 * p) * side]);
  return { box: [x - left, y - top, x + right, y + bottom], score: value(0), points };
}

/**
 * Points of one face in image pixels, with their standard deviations where the network gives them.
 * @param {Float32Array} output (K, 2) or (K, 4): x, y, and their deviations, divided by the crop's size.
 * @param {{center: number[], extent: number[]}} square What was cut out.
 * @param {number} roll Degrees that were taken out of the crop.
 * @returns {{points: number[][], sigmas: number[][] | null, scores: number[] | null}}
 */
export function decodePoints(output, count, square, roll) {
  const columns = output.length / count;
  const [cos, sin] = [Math.cos((roll * Math.PI) / 180), Math.sin((roll * Math.PI) / 180)];
  const [w, h] = square.extent;
  const points = [];
  const sigmas = [];
  const scores = [];
  for (let at = 0; at < output.length; at += columns) {
    const [x, y] = [(output[at] - 0.5) * w, (output[at + 1] - 0.5) * h];
    points.push([cos * x - sin * y + square.center[0], sin * x + cos * y + square.center[1]]);
    if (columns !== 4) continue;
    const [u, v] = [(output[at + 2] * w) ** 2, (output[at + 3] * h) ** 2];
    sigmas.push([Math.sqrt(cos ** 2 * u + sin ** 2 * v), Math.sqrt(sin ** 2 * u + cos ** 2 * v)]);
    scores.push(Math.min(Math.max(1 - (output[at + 2] + output[at + 3]) / 2, 0), 1));
  }
  return columns === 4 ? { points, sigmas, scores } : { points, sigmas: null, scores: null };
}
