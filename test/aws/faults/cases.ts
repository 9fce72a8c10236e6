/**
 * Cases: a chapter of the story, told while one call in it goes wrong.
 *
 * 1. Cases share a deployment whose functions are warm, each in a project of its own; one whose call is made only by functions that begin has a deployment of
 *    its own, and so has the first after a case that went wrong.
 *
 * @module
 */
import { canHappen, FAULTS, type Fault, isKill, type Target } from './faults.ts';
import { type Chapter, StoryError, tell } from './story.ts';
import { type Told, told, wrongs } from './verdict.ts';
import type { Recorded } from './world/gate.ts';
import { type Server, World } from './world/world.ts';

export interface Case {
  readonly chapter: Chapter;
  readonly target: Target;
  readonly fault: Fault;
  /** In a deployment that begins. */
  readonly cold: boolean;
}

export interface Outcome {
  /** The call was made, and went wrong. */
  readonly reached: boolean;
  readonly wrongs: readonly string[];
  readonly milliseconds: number;
}

/** Calls of the deployment's own; whoever uploads code is somebody else. */
const CALLERS = ['controller', 'router', 'api', 'sweeper', 'evaluator', 'runner'];

export const isOurs = ({ caller }: Recorded): boolean => CALLERS.includes(caller);

export class Teller {
  readonly #server: Server;
  readonly #wanted = new Map<Chapter, Told>();
  #world: World | undefined;
  #held = false;
  #projects = 0;

  constructor(server: Server) {
    this.#server = server;
  }

  /** The calls of a chapter, by functions that begin and by those that are warm. */
  async record(chapter: Chapter): Promise<{ readonly cold: readonly Recorded[]; readonly warm: readonly Recorded[] }> {
    this.#world = undefined;
    const cold = await this.#plainly(chapter);
    const warm = await this.#plainly(chapter);
    return { cold: cold.filter(isOurs), warm: warm.filter(isOurs) };
  }

  async tell({ chapter, target, fault, cold }: Case): Promise<Outcome> {
    const begun = performance.now();
    await this.#wantedOf(chapter);
    if (cold) this.#world = undefined;
    const world = this.#warm();
    world.plan({ target, fault });
    const wrong = await this.#wrongs(world, chapter, fault, target).catch((error: unknown) => [error instanceof StoryError ? error.message : String(error)]);
    const reached = world.gate.struck !== undefined;
    const lines = wrong.length === 0 ? [] : world.log.slice(0, LINES).map((line) => `log: ${JSON.stringify(line).slice(0, 500)}`);
    if (wrong.length > 0) this.#world = undefined;
    return { reached, wrongs: [...wrong, ...lines], milliseconds: performance.now() - begun };
  }

  async #wrongs(world: World, chapter: Chapter, fault: Fault, target: Target): Promise<readonly string[]> {
    const project = this.#project();
    const runs = await tell(world, chapter, project, (held) => {
      this.#held = held;
    });
    const found = await told(world, project, runs);
    return wrongs(world, await this.#wantedOf(chapter), found, { attempts: excusedBy(fault, target) });
  }

  async #wantedOf(chapter: Chapter): Promise<Told> {
    const known = this.#wanted.get(chapter);
    if (known !== undefined) return known;
    await this.#plainly(chapter);
    return this.#wantedOf(chapter);
  }

  /** Without a fault. @throws StoryError */
  async #plainly(chapter: Chapter): Promise<readonly Recorded[]> {
    const world = this.#warm();
    world.plan(undefined);
    const project = this.#project();
    const runs = await tell(world, chapter, project, (held) => {
      this.#held = held;
    });
    const found = await told(world, project, runs);
    const wrong = await wrongs(world, found, found, { attempts: 0 });
    if (wrong.length > 0) throw new StoryError(`without a fault: ${wrong.join('; ')}`);
    this.#wanted.set(chapter, found);
    return world.gate.recorded;
  }

  #warm(): World {
    this.#world ??= new World({ server: this.#server, holds: ({ component }) => component === 'hold' && this.#held });
    return this.#world;
  }

  #project(): string {
    this.#projects += 1;
    return `proof${this.#projects}`;
  }
}

const LINES = 6;

/** A container that dies, or whose store is ill for all of its patience, costs an attempt; a job that was submitted, unknown to who did, may run twice. */
function excusedBy(fault: Fault, { label }: Target): number {
  if (label.startsWith('runner ') && fault !== 'throttled once' && fault !== 'lost once') return 1;
  return label.startsWith('controller batch:SubmitJob') && (isKill(fault) || fault.startsWith('lost') || fault === 'ill after') ? 3 : 0;
}

/** All that can go wrong in a chapter, in the order of its calls. */
export function casesOf(chapter: Chapter, { cold, warm }: { readonly cold: readonly Recorded[]; readonly warm: readonly Recorded[] }): readonly Case[] {
  const name = ({ label, occurrence }: Target) => `${label} #${occurrence}`;
  const known = new Set(warm.map(name));
  const beginning = cold.filter((recorded) => !known.has(name(recorded))).map((recorded) => ({ recorded, cold: true }));
  const all = [...beginning, ...warm.map((recorded) => ({ recorded, cold: false }))];
  return all.flatMap(({ recorded: { label, occurrence, call }, cold: isCold }) =>
    FAULTS.filter((fault) => canHappen(fault, call)).map((fault) => ({ chapter, target: { label, occurrence }, fault, cold: isCold })),
  );
}
