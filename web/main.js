// The page: where images come from, what is shown of them.

import { drawFaces } from './draw.js';
import { Pipeline, readCatalog } from './pipeline.js';

const MAX_SIDE = 2048; // of what is shown and searched, in pixels
const element = (id) => document.getElementById(id);
const canvas = element('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });

let catalog, pipeline;
let current = null; // the image or video that is shown
let stream = null; // the camera, while it is on
let busy = false;

async function start() {
  catalog = await readCatalog();
  for (const { id, label } of catalog.landmarks) element('model').add(new Option(label, id));
  if (!navigator.gpu || !catalog.webgpu) element('provider').options[1].disabled = true;
  element('model').onchange = element('provider').onchange = () => report(openPipeline);
  element('file').onchange = () => report(() => openPhoto(element('file').files[0]));
  element('example').onclick = () => report(openExample);
  element('camera').onclick = () => report(toggleCamera);
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = (event) => {
    event.preventDefault();
    report(() => openPhoto(event.dataTransfer.files[0]));
  };
  await openPipeline();
  await openExample();
  document.body.dataset.ready = 'true';
}

/** Show what goes wrong instead of losing it. */
async function report(action) {
  try {
    element('error').textContent = '';
    await action();
  } catch (error) {
    element('error').textContent = error.message;
  }
}

async function openPipeline() {
  say('Loading the model ...');
  const old = pipeline;
  pipeline = await Pipeline.open(catalog, element('model').value, element('provider').value);
  await old?.release();
  if (current && !stream) await show();
}

async function openPhoto(file) {
  if (!file) return;
  stopCamera();
  current = await createImageBitmap(file); // upright by its EXIF block
  await show();
}

async function openExample() {
  stopCamera();
  const image = new Image();
  image.src = new URL('./example.jpg', import.meta.url);
  await image.decode();
  current = image;
  await show();
}

async function toggleCamera() {
  if (stream) return stopCamera();
  stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  const video = document.createElement('video');
  Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
  await video.play();
  current = video;
  element('camera').textContent = 'Stop the camera';
  while (stream) {
    await new Promise(requestAnimationFrame);
    await show();
  }
}

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  element('camera').textContent = 'Camera';
}

/** Draw the current image, find its faces, draw them. */
async function show() {
  if (busy || !pipeline) return;
  busy = true;
  try {
    const source = [current.videoWidth || current.width, current.videoHeight || current.height];
    const zoom = Math.min(1, MAX_SIDE / Math.max(...source));
    [canvas.width, canvas.height] = source.map((side) => Math.max(1, Math.round(side * zoom)));
    context.drawImage(current, 0, 0, canvas.width, canvas.height);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    const result = await timed(image);
    drawFaces(context, result.faces, pipeline.skeleton);
    tell(result);
  } finally {
    busy = false;
  }
}

/** Of a still image the times are the medians of some runs: the first ones still compile. */
async function timed(image) {
  const results = [];
  do results.push(await pipeline.run(image));
  while (!stream && results.length < 7);
  const median = (key) => results.map((one) => one[key]).sort((a, b) => a - b)[results.length >> 1];
  return { ...results[0], finderMs: median('finderMs'), landmarksMs: median('landmarksMs') };
}

function tell({ faces, finderMs, landmarksMs }) {
  const count = faces.length === 1 ? '1 face' : `${faces.length} faces`;
  say(`${count}. Finder ${finderMs.toFixed(1)} ms, landmarks ${landmarksMs.toFixed(1)} ms a face.`);
  const rows = faces.map(({ pose, openness, scores }, i) => {
    const degrees = [pose.yaw, pose.pitch, pose.roll].map((angle) => `${Math.round(angle)}°`);
    const open = [openness.right, openness.left, openness.mouth].map((value) => value.toFixed(2));
    const score = scores ? scores.reduce((sum, s) => sum + s, 0) / scores.length : NaN;
    return [i + 1, ...degrees, ...open, scores ? score.toFixed(3) : '-'];
  });
  element('faces').replaceChildren(...rows.map(tableRow));
}

function tableRow(cells) {
  const row = document.createElement('tr');
  for (const cell of cells) row.insertCell().textContent = cell;
  return row;
}

function say(text) {
  element('status').textContent = text;
}

report(start);
