/**
 * Cases: a chapter of the story, told while one call in it goes wrong.
 *
 * 1. Cases share a deployment whose functions are warm, each in a project of its own; one whose
 *    call is made only by functions that begin has a deployment of its own, and so has the first
 *    after a case that went wrong.
 *
 * @module
 */

import type { DeploymentServer } from './deployment/deployment-server.ts';
import { World } from './deployment/faulty-deployment.ts';
import type { Recorded } from './deployment/service-gate.ts';
import {
  canHappen,
  DISTURBANCES,
  type Disturbance,
  FAULTS,
  type Fault,
  isDisturbance,
  isFault,
  REDRIVEN,
  type Target,
} from './faults.ts';
import { forge } from './forgery.ts';
import { type Chapter, POINTS, StoryError, tell } from './story.ts';
import { type Told, told, wrongs } from './verdict.ts';

export interface Case {
  readonly chapter: Chapter;
  readonly target: Target;
  readonly fault: Fault | Disturbance | typeof REDRIVEN;
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
  readonly #server: DeploymentServer;
  readonly #wanted = new Map<Chapter, Told>();
  #world: World | undefined;
  #held = false;
  #redriven = false;
  #projects = 0;

  constructor(server: DeploymentServer) {
    this.#server = server;
  }

  /** The calls of a chapter, by functions that begin and by those that are warm. */
  async record(chapter: Chapter): Promise<Listed> {
    this.#world = undefined;
    const cold = await this.#plainly(chapter);
    const warm = await this.#plainly(chapter);
    return {
      cold: cold.calls.filter(isOurs),
      warm: warm.calls.filter(isOurs),
      messages: warm.messages,
    };
  }

  async tell({ chapter, target, fault, cold }: Case): Promise<Outcome> {
    const begun = performance.now();
    await this.#wantedOf(chapter);
    if (cold) this.#world = undefined;
    const world = this.#warm();
    world.plan({
      call: isFault(fault) ? { target, fault } : undefined,
      message: isDisturbance(fault) ? { target, disturbance: fault } : undefined,
    });
    this.#redriven = false;
    const wrong = await this.#wrongs(world, { chapter, target, fault, cold }).catch(
      (error: unknown) => [error instanceof StoryError ? error.message : String(error)],
    );
    const reached = world.gate.struck !== undefined || world.post.struck || this.#redriven;
    const lines =
      wrong.length === 0
        ? []
        : world.log.slice(0, LINES).map((line) => `log: ${JSON.stringify(line).slice(0, 500)}`);
    if (wrong.length > 0) this.#world = undefined;
    return { reached, wrongs: [...wrong, ...lines], milliseconds: performance.now() - begun };
  }

  async #wrongs(world: World, one: Case): Promise<readonly string[]> {
    const { chapter, fault, target } = one;
    const project = this.#project();
    const hold = (held: boolean) => {
      this.#held = held;
    };
    const runs = await tell(world, chapter, project, hold, async (point) => {
      if (fault !== REDRIVEN || point !== target.label) return;
      this.#redriven = true;
      await world.until(() => false, HOUR);
      world.redrive();
    });
    const found = await told(world, project, runs);
    return wrongs(world, await this.#wantedOf(chapter), found, {
      attempts: excusedBy(one),
      // Of a run that ended meanwhile nothing changes any more: what comes 25 minutes late is as
      // good as lost.
      reports:
        (fault === 'message lost' || fault === 'message late') && / reported /u.test(target.label),
    });
  }

  /**
   * A run among whose messages are forged ones, at several of its points, and one of another
   * project after it: what is wrong with them.
   */
  async forge(): Promise<readonly string[]> {
    const wanted = await this.#wantedOf('held');
    await this.#wantedOf('whole');
    const world = this.#warm();
    world.plan({});
    const [other, project] = [this.#project(), this.#project()];
    const hold = (held: boolean) => {
      this.#held = held;
    };
    const [others] = await tell(world, 'whole', other, hold);
    const unlogged: string[] = [];
    const runs = await tell(world, 'held', project, hold, async (point) => {
      const [run] = await world.queries.runs({ project, limit: 1 });
      if (point === 'over' || others === undefined || run === undefined) return;
      const isLive = point === 'held';
      const once = async () => {
        world.log.length = 0;
        unlogged.push(
          ...(await forge(world, run.info.id, others, isLive)).map((each) => `${point}: ${each}`),
        );
      };
      await once();
      if (!isLive) return;
      // Its machine is taken away: another attempt, with another token.
      world.reclaim();
      const isHeld = async () =>
        (await world.tasks.steps(run.info.id, [1]))[0]?.attempts[1]?.status === 'running';
      if (!(await world.until(isHeld, HOUR))) throw new StoryError('the step is not tried again');
      await once();
    });
    world.executions.length = 0;
    // The attempt that was taken away, in the run and in its rerun.
    const wrong = await wrongs(world, wanted, await told(world, project, runs), {
      attempts: 2,
      reports: false,
    });
    const { wrongs: after } = await this.tell({
      chapter: 'whole',
      target: { label: '', occurrence: 0 },
      fault: 'lost',
      cold: false,
    });
    return [...unlogged, ...wrong, ...after];
  }

  async #wantedOf(chapter: Chapter): Promise<Told> {
    const known = this.#wanted.get(chapter);
    if (known !== undefined) return known;
    await this.#plainly(chapter);
    return this.#wantedOf(chapter);
  }

  /** Without a fault. @throws StoryError */
  async #plainly(
    chapter: Chapter,
  ): Promise<{ readonly calls: readonly Recorded[]; readonly messages: readonly Target[] }> {
    const world = this.#warm();
    world.plan({});
    const project = this.#project();
    const runs = await tell(world, chapter, project, (held) => {
      this.#held = held;
    });
    const found = await told(world, project, runs);
    const wrong = await wrongs(world, found, found, { attempts: 0, reports: false });
    if (wrong.length > 0) throw new StoryError(`without a fault: ${wrong.join('; ')}`);
    this.#wanted.set(chapter, found);
    return { calls: world.gate.recorded, messages: world.post.recorded };
  }

  #warm(): World {
    this.#world ??= new World({
      server: this.#server,
      holds: ({ component }) => component === 'hold' && this.#held,
    });
    return this.#world;
  }

  #project(): string {
    this.#projects += 1;
    return `proof${this.#projects}`;
  }
}

const LINES = 6;
/** Of the largest array. */
const MEMBERS = 3;
const HOUR = 3_600_000;

/** A container that dies, or whose store is ill for all of its patience, costs an attempt. */
function excusedBy({ chapter, fault, target: { label } }: Case): number {
  // The rerun takes over what was attempted before.
  const oneAttempt = chapter === 'held' ? 2 : 1;
  // A result that nobody heard of is computed anew.
  if (fault === 'message lost' || fault === 'message late')
    return / finished /u.test(label) ? oneAttempt + 1 : 0;
  if (!isFault(fault)) return 0;
  if (label.startsWith('runner ') && fault !== 'throttled once' && fault !== 'lost once')
    return oneAttempt + 1;
  // SubmitJob has no token: each try of the SDK's whose effect was lost is a job, of up to three
  // members. Who dies after it is another matter: it is looked up.
  return label.startsWith('controller batch:SubmitJob')
    ? fault === 'lost once'
      ? MEMBERS
      : fault === 'lost' || fault === 'ill after'
        ? 2 * MEMBERS
        : 0
    : 0;
}

export interface Listed {
  readonly cold: readonly Recorded[];
  readonly warm: readonly Recorded[];
  readonly messages: readonly Target[];
}

const nameOf = ({ label, occurrence }: Target) => `${label} #${occurrence}`;

/**
 * All calls that can go wrong in a chapter, in their order: those of functions that begin, then
 * those of warm ones.
 */
export function casesOfCalls(chapter: Chapter, { cold, warm }: Listed): readonly Case[] {
  const known = new Set(warm.map(nameOf));
  const beginning = cold
    .filter((recorded) => !known.has(nameOf(recorded)))
    .map((recorded) => ({ recorded, cold: true }));
  const all = [...beginning, ...warm.map((recorded) => ({ recorded, cold: false }))];
  return all.flatMap(({ recorded: { label, occurrence, call }, cold: isCold }) =>
    FAULTS.filter((fault) => canHappen(fault, call)).map((fault) => ({
      chapter,
      target: { label, occurrence },
      fault,
      cold: isCold,
    })),
  );
}

/** All messages and events that can go wrong, and the points at which all comes again. */
export function casesOfMessages(chapter: Chapter, { messages }: Listed): readonly Case[] {
  const disturbed = messages.flatMap((target) =>
    DISTURBANCES.map((fault) => ({ chapter, target, fault, cold: false })),
  );
  return [
    ...disturbed,
    ...POINTS[chapter].map(
      (label) =>
        ({ chapter, target: { label, occurrence: 0 }, fault: REDRIVEN, cold: false }) as const,
    ),
  ];
}
