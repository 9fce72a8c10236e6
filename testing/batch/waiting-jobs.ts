/**
 * The jobs of a queue that wait for capacity, first in, first out.
 *
 * @module
 */
import type { Job } from './job.ts';

export class WaitingJobs {
  #jobs: Job[] = [];
  #at = 0;

  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** The first waiting job; skips cancelled jobs. */
  first(): Job | undefined {
    while (true) {
      const job = this.#jobs[this.#at];
      if (job === undefined || job.status === 'RUNNABLE') return job;
      this.#at += 1;
    }
  }

  /** Removes the first job. */
  shift(): void {
    this.#at += 1;
    if (this.#at < 1024) return;
    this.#jobs = this.#jobs.slice(this.#at);
    this.#at = 0;
  }
}
