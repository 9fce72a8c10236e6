/**
 * What runs do in the world of faults: one run to its end through all that the engine has, then one
 * that is held, aborted and resumed, and a rerun of it.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '../../../src/client/client.ts';
import { registerPipeline } from '../../../src/launch/remote/register-pipeline.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { isTerminalRun } from '../../../src/model/run.ts';
import { type CompiledPipeline, compile } from '../../../src/submit/compile.ts';
import type { World } from './deployment/faulty-deployment.ts';

const FILE = fileURLToPath(new URL('./pipelines/everything.ts', import.meta.url));
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Within so long each chapter has to be over. */
const PATIENCE = 12 * HOUR;
/** So long somebody who was refused tries again. */
const ASKS = 5;

let compiled: Promise<CompiledPipeline> | undefined;

interface Pipeline {
  readonly project: string;
  readonly pipeline: string;
  readonly version: string;
}

export class StoryError extends Error {}

/** Somebody at the command line. */
export class Person {
  readonly #world: World;
  readonly client: Client;

  constructor(world: World) {
    this.#world = world;
    this.client = createClient({
      endpoint: `${world.url}/live`,
      sign: async ({ headers }) => headers,
      firstRetryDelayMs: 0,
    });
  }

  /** Asks, and asks again after a minute. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    for (let time = 1; ; time += 1) {
      try {
        return await question();
      } catch (error) {
        if (time === ASKS) throw error;
        await this.#world.until(() => false, MINUTE);
      }
    }
  }

  async register(project: string): Promise<Pipeline> {
    compiled ??= compile({ file: FILE, pipeline: 'everything' });
    const { declaration, ...rest } = await compiled;
    const ready = { ...rest, declaration: { ...declaration, project } };
    const { pipeline, version } = await this.ask(() =>
      registerPipeline({ client: this.client, endpoint: this.#world.url }, ready),
    );
    return { project, pipeline, version };
  }

  async start(pipeline: Pipeline, key: string, mode = 'whole'): Promise<RunId> {
    return runIdSchema.parse(
      (
        await this.ask(() =>
          this.client.createRun({ ...pipeline, args: { mode } }, { idempotencyKey: key }),
        )
      ).id,
    );
  }
}

export const headOf = async (world: World, run: RunId) => (await world.tasks.run(run))?.head;

export async function untilOver(world: World, run: RunId, what: string): Promise<void> {
  const isOver = async () => {
    const head = await headOf(world, run);
    return head !== undefined && isTerminalRun(head.status);
  };
  if (!(await world.until(isOver, PATIENCE))) {
    const head = await headOf(world, run);
    throw new StoryError(`${what} does not end: ${JSON.stringify(head)}`);
  }
}

export type Chapter = 'whole' | 'held';

/** Where somebody may come between. */
export const POINTS = {
  whole: ['over'],
  held: ['held', 'aborted', 'resumed', 'over'],
} as const satisfies Record<Chapter, readonly string[]>;
type Point = (typeof POINTS)[Chapter][number];

/**
 * Tells a chapter in a project of its own; the answer is its runs. `hold`: has steps held that can
 * be.
 */
export async function tell(
  world: World,
  chapter: Chapter,
  project: string,
  hold: (held: boolean) => void,
  at: (point: Point) => Promise<void> = async () => undefined,
): Promise<readonly RunId[]> {
  const person = new Person(world);
  const pipeline = await person.register(project);
  const runs =
    chapter === 'whole'
      ? [await tellWhole(world, person, pipeline)]
      : await tellHeld(world, person, pipeline, { hold, at });
  await at('over');
  // What is still on its way arrives, and what was set goes off: nothing of it moves a run that is
  // over.
  await world.until(() => world.isQuiet, 2 * HOUR);
  return runs;
}

async function tellWhole(world: World, person: Person, pipeline: Pipeline): Promise<RunId> {
  const run = await person.start(pipeline, `${pipeline.project}-whole`);
  await untilOver(world, run, 'the whole run');
  return run;
}

interface Interludes {
  hold(held: boolean): void;
  at(point: Point): Promise<void>;
}

async function tellHeld(
  world: World,
  person: Person,
  pipeline: Pipeline,
  { hold, at }: Interludes,
): Promise<readonly RunId[]> {
  hold(true);
  const held = await person.start(pipeline, `${pipeline.project}-held`, 'hold');
  const isHeld = async () => {
    const head = await headOf(world, held);
    if (head === undefined || isTerminalRun(head.status)) return false;
    const steps = await world.tasks.steps(held, [0, 1, 2]);
    return steps.some(({ component, status }) => component === 'hold' && status === 'running');
  };
  // Whose start nobody heard of works all the same.
  const works = () =>
    world.batch.members.some(
      ({ jobName, status }) => jobName.startsWith(held) && status === 'RUNNING',
    );
  if (!(await world.until(isHeld, HOUR)) && !works())
    throw new StoryError(`the held run is not held: ${JSON.stringify(await headOf(world, held))}`);
  await at('held');
  await person.ask(() => person.client.abort(held, 'by somebody'));
  await untilOver(world, held, 'the aborted run');
  const { status } = (await headOf(world, held)) ?? {};
  if (status !== 'aborted') throw new StoryError(`the aborted run is ${status}`);
  await at('aborted');
  hold(false);
  const isMoving = async () => (await headOf(world, held))?.status !== 'aborted';
  // Of an answer that was lost, and of a word that never arrives, somebody sees by the run what
  // came of it.
  for (let time = 1; !(await isMoving()); time += 1) {
    if (time > ASKS) throw new StoryError('the aborted run is not resumed');
    await person.ask(async () => ((await isMoving()) ? undefined : person.client.resume(held)));
    await world.until(isMoving, HOUR);
  }
  await untilOver(world, held, 'the resumed run');
  await at('resumed');
  const { id } = await person.ask(() =>
    person.client.rerun(held, { from: 'size' }, { idempotencyKey: `${pipeline.project}-again` }),
  );
  const again = runIdSchema.parse(id);
  await untilOver(world, again, 'the rerun');
  return [held, again];
}
