/**
 * Lines about the upload of input files: one for each large file, and one for each further share of
 * it.
 *
 * @module
 */
import { formatSize } from '../../../view/format.ts';

const LARGE_BYTES = 10 * 2 ** 20;
/** Of a file. */
const STEP_PERCENT = 10;

export class UploadProgress {
  readonly #note: (line: string) => void;
  #path = '';
  #size = 0;
  #sent = 0;
  #shown = 0;
  #files = 0;
  #bytes = 0;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  start(path: string, size: number): void {
    this.#path = path;
    this.#size = size;
    this.#sent = 0;
    this.#shown = 0;
    this.#files += 1;
    this.#bytes += size;
    if (size >= LARGE_BYTES) this.#note(`uploading ${path}: ${formatSize(size)}`);
  }

  add(bytes: number): void {
    this.#sent += bytes;
    const percent = Math.floor((100 * this.#sent) / this.#size / STEP_PERCENT) * STEP_PERCENT;
    if (this.#size < LARGE_BYTES || percent <= this.#shown || percent > 100) return;
    this.#shown = percent;
    this.#note(`uploading ${this.#path}: ${percent} %`);
  }

  end(): void {
    if (this.#files > 0)
      this.#note(
        `uploaded ${this.#files} input ${this.#files === 1 ? 'file' : 'files'} (${formatSize(this.#bytes)})`,
      );
  }
}
