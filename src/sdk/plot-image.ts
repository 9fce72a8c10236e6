/**
 * Images that a step reports: read from their file, and checked by their first bytes. The runner and
 * debug mode share it.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { imageHeader } from '../model/image-header.ts';
import { MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS } from '../model/limits.ts';
import { isArtifactFile } from './artifact-file.ts';
import type { AnyPlot } from './plot-data.ts';
import { count, ReportError, ReportLimitError } from './report-limits.ts';

/** @param call names the call in errors. @throws ReportError, ReportLimitError */
export async function imagePlot(call: string, image: unknown): Promise<AnyPlot> {
  const bytes = await bytesOf(call, image);
  checkSize(call, bytes.byteLength);
  const header = imageHeader(bytes);
  if (header === undefined)
    throw new ReportError(
      `${call}: the ${bytes.byteLength === 0 ? 'image is empty' : 'content is not a PNG, JPEG, GIF or WebP image'}: save the plot in one of these formats`,
    );
  const { format, width, height } = header;
  if (width < 1 || height < 1 || width > MAX_IMAGE_PIXELS || height > MAX_IMAGE_PIXELS)
    throw new ReportError(
      `${call}: the image has ${count(width)} × ${count(height)} pixels, and each side may have 1 to ${count(MAX_IMAGE_PIXELS)}: change its size`,
    );
  return { kind: 'image', format, width, height, bytes };
}

async function bytesOf(call: string, image: unknown): Promise<Buffer> {
  if (image instanceof Uint8Array) {
    checkSize(call, image.byteLength);
    // A copy, because the step may change its bytes while they are stored.
    return Buffer.from(image);
  }
  const path = typeof image === 'string' ? image : isArtifactFile(image) ? image.path : undefined;
  if (typeof path !== 'string' || path === '')
    throw new ReportError(
      `${call}: the image must be bytes (a Buffer or Uint8Array), or the path of a file`,
    );
  const absolute = resolve(path);
  const info = await stat(absolute).catch((error: unknown) => {
    throw new ReportError(`${call}: there is no file ${absolute}`, { cause: error });
  });
  if (!info.isFile()) throw new ReportError(`${call}: ${absolute} is not a file`);
  checkSize(call, info.size);
  return await readFile(absolute);
}

function checkSize(call: string, bytes: number): void {
  if (bytes > MAX_IMAGE_BYTES)
    throw new ReportLimitError(
      `${call}: the image has ${count(bytes)} bytes`,
      `it may have ${count(MAX_IMAGE_BYTES)}`,
      'make it smaller, or store the file with currentStep().uploadArtifact',
    );
}
