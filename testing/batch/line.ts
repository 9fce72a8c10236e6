/**
 * The jobs of a queue that wait for room, first come first served.
 *
 * @module
 */
import type { Job } from './job.ts';

export class Line {
  #jobs: Job[] = [];
  #at = 0;

  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** The first that still waits: a job that was cancelled meanwhile is passed over. */
  first(): Job | undefined {
    while (true) {
      const job = this.#jobs[this.#at];
      if (job === undefined || job.status === 'RUNNABLE') return job;
      this.#at += 1;
    }
  }

  /** Takes the first one off. */
  shift(): void {
    this.#at += 1;
    if (this.#at < 1024) return;
    this.#jobs = this.#jobs.slice(this.#at);
    this.#at = 0;
  }
}
