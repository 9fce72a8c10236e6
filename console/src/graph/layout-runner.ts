/**
 * Runs layouts: small ones at once, large ones in a worker.
 *
 * @module
 */
import { createWorker } from '../ui/worker.ts';
import workerUrl from './layout.worker.ts?worker&url';
import { type Layout, type LayoutInput, layOut } from './model/layout/layout.ts';

/** Boxes and edges that are laid out without a worker: a few milliseconds. */
const MAX_AT_ONCE = 1_200;

export const isLaidOutAtOnce = ({ width, from }: LayoutInput): boolean =>
  width.length + from.length <= MAX_AT_ONCE;

export class LayoutRunner {
  #worker: Worker | undefined;
  #id = 0;
  #receive: ((layout: Layout) => void) | undefined;

  /** Calls `receive` with the layout, at once if it is small. A later request replaces it. */
  request(input: LayoutInput, receive: (layout: Layout) => void): void {
    this.#id += 1;
    this.#receive = undefined;
    if (isLaidOutAtOnce(input)) {
      receive(layOut(input));
      return;
    }
    this.#receive = receive;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id: this.#id, input });
  }

  #start(): Worker {
    const worker = createWorker(workerUrl);
    worker.addEventListener('message', ({ data }: MessageEvent<{ id: number; layout: Layout }>) => {
      if (data.id === this.#id) this.#receive?.(data.layout);
    });
    return worker;
  }

  close(): void {
    this.#receive = undefined;
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
