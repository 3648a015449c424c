// Draws faces on a canvas: points that fade with their standard deviation, lines, box, head axes.

const POINT = '80, 255, 80';
const LINE = 'rgba(60, 170, 60, 0.8)';
const BOX = 'rgba(60, 160, 200, 0.9)';
const AXES = ['#ff3c3c', '#50ff50', '#3c78ff']; // right, down, forward
const FADED = 0.06; // standard deviation in sizes of the face from which on a point is faintest

/**
 * @param {CanvasRenderingContext2D} context With the image already on it.
 * @param {object[]} faces What Landmarker gave, with `pose` where it is wanted.
 * @param {number[][]} skeleton Pairs of points that a line joins.
 */
export function drawFaces(context, faces, skeleton) {
  context.save();
  context.translate(0.5, 0.5); // pixel centers are integers for the network, halves for a canvas
  faces.forEach((face, i) => {
    const size = sizeOf(face.points);
    drawBox(context, face, size, i + 1);
    drawLines(context, face, skeleton, size);
    drawPoints(context, face, size);
    if (face.pose) drawAxes(context, face, size);
  });
  context.restore();
}

function sizeOf(points) {
  const range = (k) => Math.max(...points.map((p) => p[k])) - Math.min(...points.map((p) => p[k]));
  return Math.max(Math.sqrt(range(0) * range(1)), 1);
}

function drawBox(context, { box }, size, number) {
  context.font = `bold ${Math.max(12, size / 7)}px sans-serif`;
  context.fillStyle = 'white';
  context.strokeStyle = 'black';
  context.lineWidth = 3;
  context.strokeText(number, box[0] + 3, box[1] - 4);
  context.fillText(number, box[0] + 3, box[1] - 4);
  context.strokeStyle = BOX;
  context.lineWidth = Math.max(1, size / 150);
  context.strokeRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
}

function drawLines(context, { points }, skeleton, size) {
  context.strokeStyle = LINE;
  context.lineWidth = Math.max(1, size / 200);
  context.beginPath();
  for (const [from, to] of skeleton) {
    context.moveTo(...points[from]);
    context.lineTo(...points[to]);
  }
  context.stroke();
}

function drawPoints(context, { points, sigmas }, size) {
  const radius = Math.max(1.2, size / 90);
  points.forEach(([x, y], i) => {
    const sigma = sigmas ? (sigmas[i][0] + sigmas[i][1]) / 2 / size : 0;
    const alpha = Math.min(Math.max(1.15 - sigma / FADED, 0.15), 1);
    context.fillStyle = `rgba(${POINT}, ${alpha})`;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  });
}

/** The head's right, down and forward axes, without perspective; the farthest first. */
function drawAxes(context, { points, pose }, size) {
  const origin = [0, 1].map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length);
  const sign = [1, 1, -1]; // the model's third axis points away from the camera
  const ends = [0, 1, 2].map((axis) => pose.rotation.map((row) => row[axis] * sign[axis]));
  context.lineWidth = Math.max(2, size / 40);
  for (const axis of [0, 1, 2].sort((a, b) => ends[b][2] - ends[a][2])) {
    context.strokeStyle = AXES[axis];
    context.beginPath();
    context.moveTo(...origin);
    context.lineTo(origin[0] + (size / 2) * ends[axis][0], origin[1] + (size / 2) * ends[axis][1]);
    context.stroke();
  }
}
