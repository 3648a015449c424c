// From RGBA images to the tensor that a model file expects: pfld_mm/core/network_input.py.

/**
 * Stack images of the network's size: color order, mean and std as the metadata say.
 * @param {{data: Uint8ClampedArray, width: number, height: number}[]} images
 * @param {object} info The model's model.json.
 * @returns {{data: Float32Array, dims: number[]}} (N, 3, h, w).
 */
export function networkInput(images, info) {
  const { width, height } = images[0];
  const pixels = width * height;
  const data = new Float32Array(images.length * 3 * pixels);
  const order = info.color_order === 'BGR' ? [2, 1, 0] : [0, 1, 2]; // canvas has RGBA
  images.forEach((image, n) => {
    for (let plane = 0; plane < 3; plane++) {
      const to = (n * 3 + plane) * pixels;
      const [mean, std] = [info.mean[plane], info.std[plane]];
      for (let i = 0; i < pixels; i++) {
        data[to + i] = (image.data[i * 4 + order[plane]] - mean) / std;
      }
    }
  });
  return { data, dims: [images.length, 3, height, width] };
}
