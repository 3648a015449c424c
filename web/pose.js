// Head pose: pfld_mm/core/head_pose.py. The mean 3-D face is fitted to the points of the crop by
// reprojection error, from a closed-form guess, by Levenberg-Marquardt.
//
// Matrices are arrays of rows. x points right, y down, z away from the camera.

const STEPS = 20;
const CROP_FOCAL = 5; // focal length in widths of the crop

/**
 * @param {number[][]} points Landmarks in pixels of the crop.
 * @param {{rigid: number[], model: number[][], mean: number[], inverse: number[][]}} face The mean
 *   face: indices of its rigid points, their places, the places' mean, and the pseudo-inverse of
 *   the centered places.
 * @param {number[]} size Width and height of the crop.
 * @param {number} roll Degrees that were taken out of the crop.
 * @returns {{yaw: number, pitch: number, roll: number, rotation: number[][]}} Degrees.
 */
export function headPose(points, face, size, roll) {
  const seen = face.rigid.map((index) => points[index]);
  const camera = { focal: CROP_FOCAL * size[0], center: [size[0] / 2, size[1] / 2] };
  const guess = weakPerspective(seen, face, camera);
  const { rotation } = refined(seen, face.model, camera, guess);
  const angle = (roll * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = product([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], rotation);
  return { ...eulerDegrees(turned), rotation: turned };
}

function eulerDegrees(r) {
  const degrees = 180 / Math.PI;
  return {
    yaw: Math.atan2(-r[2][0], Math.hypot(r[2][1], r[2][2])) * degrees,
    pitch: Math.atan2(r[2][1], r[2][2]) * degrees,
    roll: Math.atan2(r[1][0], r[0][0]) * degrees,
  };
}

/** Scaled orthography: the nearest orthonormal rows to the least-squares affine map. */
function weakPerspective(points, face, { focal, center }) {
  const mean = [0, 1].map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length);
  const affine = [0, 1].map((k) =>
    face.inverse.map((row) => row.reduce((sum, value, i) => sum + value * (points[i][k] - mean[k]), 0)),
  );
  // Polar factor: (A A^T)^(-1/2) A, with the square root of a 2 x 2 matrix in closed form.
  const [p, q, s] = [dot(affine[0], affine[0]), dot(affine[0], affine[1]), dot(affine[1], affine[1])];
  const root = Math.sqrt(Math.max(p * s - q * q, 1e-18));
  const trace = Math.sqrt(p + s + 2 * root); // the sum of both singular values
  const inverse = [[s + root, -q], [-q, p + root]].map((row) => row.map((v) => v / (root * trace)));
  const rows = product(inverse, affine);
  const rotation = [...rows, cross(rows[0], rows[1])];
  const depth = focal / Math.max(trace / 2, 1e-9);
  const place = [0, 1].map((k) => ((mean[k] - center[k]) * depth) / focal).concat(depth);
  return { rotation, translation: place.map((v, k) => v - dot(rotation[k], face.mean)) };
}

function refined(points, model, camera, start) {
  let pose = start;
  let error = cost(points, model, camera, pose);
  let damping = 1e-3;
  for (let step = 0; step < STEPS && damping < 1e8; step++) {
    const [normal, gradient] = normalEquations(points, model, camera, pose);
    const damped = normal.map((row, i) => row.map((v, j) => (i === j ? v * (1 + damping) : v)));
    const moved = move(pose, solve(damped, gradient));
    const next = cost(points, model, camera, moved);
    if (next < error) {
      const done = error - next < 1e-12 * error;
      [pose, error, damping] = [moved, next, damping / 10];
      if (done) break;
    } else {
      damping *= 10;
    }
  }
  return pose;
}

/** Sum of the squared distances in pixels; infinite if a point lies behind the camera. */
function cost(points, model, camera, pose) {
  let sum = 0;
  for (let i = 0; i < points.length; i++) {
    const [x, y, z] = placed(model[i], pose);
    if (!(z > 0)) return Infinity;
    sum += (project(x, z, camera, 0) - points[i][0]) ** 2;
    sum += (project(y, z, camera, 1) - points[i][1]) ** 2;
  }
  return sum;
}

/** J^T J and J^T r for a small rotation (from the left) and a shift. */
function normalEquations(points, model, camera, pose) {
  const normal = Array.from({ length: 6 }, () => new Array(6).fill(0));
  const gradient = new Array(6).fill(0);
  for (let i = 0; i < points.length; i++) {
    const arm = pose.rotation.map((row) => dot(row, model[i]));
    const [x, y, z] = arm.map((v, k) => v + pose.translation[k]);
    const f = camera.focal / z;
    const rows = [[f, 0, (-f * x) / z], [0, f, (-f * y) / z]]; // d(u, v) / d(x, y, z)
    rows.forEach((row, k) => {
      const slope = [...cross(arm, row), ...row];
      const residual = points[i][k] - project(k === 0 ? x : y, z, camera, k);
      for (let a = 0; a < 6; a++) {
        gradient[a] += slope[a] * residual;
        for (let b = 0; b < 6; b++) normal[a][b] += slope[a] * slope[b];
      }
    });
  }
  return [normal, gradient];
}

function move({ rotation, translation }, step) {
  const [a, b, c] = step;
  const angle = Math.hypot(a, b, c);
  const [x, y, z] = angle > 0 ? [a / angle, b / angle, c / angle] : [0, 0, 0];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - cos; // Rodrigues' formula
  const turn = [
    [cos + t * x * x, t * x * y - sin * z, t * x * z + sin * y],
    [t * x * y + sin * z, cos + t * y * y, t * y * z - sin * x],
    [t * x * z - sin * y, t * y * z + sin * x, cos + t * z * z],
  ];
  return {
    rotation: product(turn, rotation),
    translation: translation.map((v, k) => v + step[3 + k]),
  };
}

/** Gaussian elimination with pivoting; a singular system gives NaN, which no step accepts. */
function solve(matrix, right) {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let i = 0; i < rows.length; i++) {
    const best = rows.slice(i).reduce((top, row, k) => (Math.abs(row[i]) > Math.abs(rows[top][i]) ? i + k : top), i);
    [rows[i], rows[best]] = [rows[best], rows[i]];
    for (let j = 0; j < rows.length; j++) {
      if (j === i) continue;
      const factor = rows[j][i] / rows[i][i];
      rows[j] = rows[j].map((value, k) => value - factor * rows[i][k]);
    }
  }
  return rows.map((row, i) => row.at(-1) / row[i]);
}

function placed(point, { rotation, translation }) {
  return rotation.map((row, k) => dot(row, point) + translation[k]);
}

function project(value, z, { focal, center }, k) {
  return (focal * value) / z + center[k];
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function product(a, b) {
  return a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
}
