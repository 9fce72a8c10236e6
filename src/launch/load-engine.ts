/**
 * The only place that loads the engine, so that commands without an engine start fast.
 *
 * @module
 */
import type { EngineOptions, LocalEngine } from '../engine/engine-interface.ts';
import type { Store } from '../local/store/store.ts';
import type { LimitWaits } from '../ports/limit-waits.ts';
import type { Objects } from '../ports/objects.ts';
import type { ReportedOutputs } from '../ports/reported-outputs.ts';
import { requireNodeModules } from '../submit/node-modules.ts';
import type { ReadChildProgress } from '../view/child-progress.ts';
import { localUser } from './local-user.ts';

export type Engine = LocalEngine;
export type { EngineOptions };

/** The records of a home, for work that needs no engine. */
export interface HomeRecords
  extends Pick<
    Store,
    | 'tasks'
    | 'queries'
    | 'cache'
    | 'owners'
    | 'inbox'
    | 'registry'
    | 'models'
    | 'schedules'
    | 'removal'
  > {
  readonly objects: Objects;
  readonly reported: ReportedOutputs;
  readonly limitWaits: () => LimitWaits;
  readonly childProgress: ReadChildProgress;
  /** The options with which a command in this folder finds the home. */
  readonly hintTarget?: readonly string[];
  close(): Promise<void>;
}

export async function loadEngine(options: EngineOptions): Promise<Engine> {
  requireNodeModules();
  const engine = await import('../engine/local-engine.ts');
  return await engine.openLocalEngine({ startedBy: localUser(), ...options });
}
