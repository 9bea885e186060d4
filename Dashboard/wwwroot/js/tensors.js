// Tensors for trying a model out.
const size = shape => shape.reduce((product, each) => product * each, 1);

// Something to begin with: the shape with 1 for what is free, and values of the right kind.
export function valuesFor(input) {
  const shape = input.shape.map(each => each > 0 ? each : 1), count = size(shape);
  if (count > 4096) return JSON.stringify({ shape, data: [] });
  const value = input.datatype === 'BYTES' ? 'text' : input.datatype === 'BOOL' ? true : 1;
  return JSON.stringify({ shape, data: Array(count).fill(value) });
}

// A picture as a tensor: [.., height, width, 3] or [.., 3, height, width], 0 to 255 for integers, 0 to 1 for floats; free sizes are 224.
export async function imageTensor(input, file) {
  const dims = input.shape.slice(-3), last = dims[2] === 3 || dims[2] === 1;
  const [height, width, channels] = last ? [dims[0], dims[1], dims[2]] : [dims[1], dims[2], dims[0]];
  if (![1, 3].includes(channels)) throw new Error(`'${input.name}' has no 1 or 3 channels where pictures have them: [${input.shape.join(', ')}]`);
  const h = height > 0 ? height : 224, w = width > 0 ? width : 224, bitmap = await createImageBitmap(file, { resizeWidth: w, resizeHeight: h, resizeQuality: 'high' });
  const canvas = new OffscreenCanvas(w, h), context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, w, h).data, data = new Array(h * w * channels), scale = input.datatype.startsWith('FP') ? 1 / 255 : 1;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let c = 0; c < channels; c++) {
        const value = (channels === 1 ? (pixels[4 * (y * w + x)] + pixels[4 * (y * w + x) + 1] + pixels[4 * (y * w + x) + 2]) / 3 : pixels[4 * (y * w + x) + c]) * scale;
        data[last ? (y * w + x) * channels + c : (c * h + y) * w + x] = scale === 1 ? Math.round(value) : +value.toFixed(4);
      }
    }
  }
  const shape = [...input.shape.slice(0, -3).map(() => 1), ...(last ? [h, w, channels] : [channels, h, w])];
  return JSON.stringify({ shape, data });
}
