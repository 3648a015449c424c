// Finder, landmarks, pose and openness in one: what the page and its test call.

import { Finder } from './finder.js';
import { Landmarker } from './landmarks.js';
import { opennessOf } from './openness.js';
import { headPose } from './pose.js';
import { Session, fetchJson } from './session.js';

/** What tools/web.py wrote: models, their files, and the mark-ups of faces. */
export async function readCatalog() {
  return fetchJson('./models/catalog.json');
}

export class Pipeline {
  constructor(finder, landmarker, markup) {
    Object.assign(this, { finder, landmarker, markup });
  }

  /**
   * @param {object} catalog See readCatalog.
   * @param {string} id Of the landmark model in the catalog.
   * @param {string} provider 'wasm' or 'webgpu'.
   */
  static async open(catalog, id, provider = 'wasm') {
    const chosen = catalog.landmarks.find((model) => model.id === id);
    const [finderSession, session, finderInfo, info] = await Promise.all([
      Session.open(catalog.finder.file, provider),
      Session.open(chosen.file, provider),
      fetchJson(catalog.finder.info),
      fetchJson(chosen.info),
    ]);
    const markup = catalog.markups[info.num_keypoints];
    const landmarker = new Landmarker(session, info, catalog.mean_face, markup.five_points);
    return new Pipeline(new Finder(finderSession, finderInfo), landmarker, markup);
  }

  get skeleton() {
    return this.landmarker.info.skeleton;
  }

  /**
   * All faces of an image, with points, pose and openness, and how long each part took.
   * @param {{data: Uint8ClampedArray, width: number, height: number}} image RGBA.
   * @returns {Promise<{faces: object[], finderMs: number, landmarksMs: number}>}
   */
  async run(image) {
    const start = performance.now();
    const found = await this.finder.find(image, this.landmarker.minScore);
    const middle = performance.now();
    const faces = await this.landmarker.landmarks(image, found);
    const end = performance.now();
    for (const face of faces) {
      face.pose = headPose(face.inCrop, this.markup, this.landmarker.info.input_size, face.roll);
      face.openness = opennessOf(face.points, this.markup);
    }
    const landmarksMs = found.length ? (end - middle) / found.length : 0;
    return { faces, finderMs: middle - start, landmarksMs };
  }

  release() {
    return Promise.all([this.finder.session.release(), this.landmarker.session.release()]);
  }
}
