/**
 * Reads a run of an API again and again, with the calls that changed in between: one request each
 * time.
 *
 * @module
 */
import type { Client } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import type { RunDocument } from '../../wire/runs.ts';

export interface FollowedState {
  readonly run: RunDocument;
  /** Undefined: any call may have changed. */
  readonly changed: ReadonlySet<number> | undefined;
}

export class RunFollower {
  readonly #client: Client;
  readonly #id: string;
  #run: RunDocument | undefined;
  /** An API of an earlier version does not list changes. */
  #listsChanges = true;

  constructor(client: Client, id: string) {
    this.#client = client;
    this.#id = id;
  }

  /** The run as it is now, and the calls that changed since the last read. */
  async read(): Promise<FollowedState> {
    const known = this.#run;
    const state =
      known === undefined || !this.#listsChanges
        ? undefined
        : await this.#changesOf(known).catch((error: unknown) => {
            if (!(error instanceof ApiError) || error.status !== 404) throw error;
            // The run is missing if its next read is answered with 404, too.
            this.#listsChanges = false;
            return undefined;
          });
    const { run, changed } = state ?? {
      run: await this.#client.run(this.#id),
      changed: undefined,
    };
    this.#run = run;
    return { run, changed };
  }

  async #changesOf(known: RunDocument): Promise<FollowedState> {
    const changed = new Set<number>();
    let run = known;
    let isReset = false;
    for (let since = known.revision, more = true; more; ) {
      const changes = await this.#client.runStates.changes(this.#id, { since });
      run = changes.run ?? run;
      isReset ||= changes.reset;
      for (const { call } of changes.steps) changed.add(call);
      more = changes.more && changes.revision > since;
      since = changes.revision;
    }
    return { run, changed: isReset ? undefined : changed };
  }
}
