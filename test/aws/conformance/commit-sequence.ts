/**
 * A sequence of writes of two runs, one revision each, with all content that a commit can have; and
 * the read of all their records.
 *
 * @module
 */
import type { RunId } from '../../../src/model/ids.ts';
import type { RunHead } from '../../../src/model/run.ts';
import type { Attempt } from '../../../src/model/step.ts';
import type { RunQueries, Tasks, Timer } from '../../../src/ports/tasks.ts';
import {
  aCommit,
  aCompletedStep,
  aComponent,
  aHead,
  anAttempt,
  anInfo,
  aReport,
  aStep,
  sleepEnded,
} from '../../conformance/records.ts';

export interface SequencedWrite {
  readonly run: RunId;
  /** Writes the next revision after the head `before`. It can be repeated after a crash. */
  readonly write: (tasks: Tasks, before: RunHead | undefined) => Promise<void>;
  readonly timers: readonly Timer[];
}

/** The attempt of a step that was executed for so long. */
const executed = (durationMs: number): Attempt => ({
  ...anAttempt(1),
  startedAt: 1000,
  endedAt: 1000 + durationMs,
});

const timer = (subject: number): Timer => ({
  kind: 'retry',
  subject,
  generation: 1,
  at: 5_000_000 + subject,
});

type Content = Parameters<typeof aCommit>[1];

const commitTo = (run: RunId, content: Content, head: Partial<RunHead> = {}): SequencedWrite => ({
  run,
  write: (tasks, before) => tasks.commit(run, aCommit(before ?? aHead(run), content, head)),
  timers: content?.timers?.set ?? [],
});

const creationOf = (run: RunId): SequencedWrite => ({
  run,
  write: async (tasks) => {
    await tasks.createRun(anInfo(run), aHead(run));
  },
  timers: [],
});

const group = (number: number, calls: readonly number[]) => ({
  number,
  name: `job-${number}`,
  component: 'step',
  queue: 'default',
  members: calls.map((call) => ({ call, attempt: 1 })),
});

const point = (value: number) => aReport(0, 1, 0, [value]).points;
const usedModel = { project: 'examples', name: 'iris', version: 1 };
const cut = { eventCount: 2, commandCount: 2, callCount: 2 };

/**
 * All kinds of content: a graph, names, reports, used models, a rewind and adoptions; then a rerun that adopts
 * steps.
 */
export const commitSequenceOf = (run: RunId, rerun: RunId): readonly SequencedWrite[] => [
  creationOf(run),
  commitTo(
    run,
    {
      created: [aStep(0), aStep(1), aStep(2, { name: 'odd', component: 'other' }), aStep(3)],
      edges: [
        { parent: 0, child: 1 },
        { parent: 1, child: 2 },
        { parent: 1, child: 3 },
        { parent: 3, child: 0 },
        { parent: 'later', child: 1 },
        { parent: 'later', child: 3 },
        { parent: 'never', child: 3 },
      ],
      components: [aComponent('step', 3), aComponent('other', 1)],
      signatures: ['s0', 's1'],
      events: [sleepEnded(0)],
      groups: [group(0, [0])],
      timers: { set: [timer(0)] },
      reports: [aReport(0, 1, 0, [1]), aReport(2, 1, 0, [2])],
    },
    { status: 'running' },
  ),
  commitTo(run, {
    changed: [
      aCompletedStep(0, { attempts: [executed(50)], usedModel }),
      aStep(1, { unmetParents: 0 }),
    ],
    created: [aStep(4, { name: 'later', component: 'later' })],
    components: [aComponent('later', 1)],
    edges: [{ parent: 4, child: 1 }],
    resolvedNames: ['later'],
    events: [sleepEnded(1), sleepEnded(2)],
    signatures: ['s2'],
    groups: [group(1, [1, 3])],
    reports: [aReport(0, 1, 0, [9]), aReport(0, 1, 1, [3])],
    runReports: [{ id: 'a', points: point(1) }],
  }),
  commitTo(
    run,
    {
      changed: [
        aCompletedStep(2, { name: 'odd', component: 'other', attempts: [executed(2000)] }),
        aCompletedStep(3, { usedModel }),
      ],
      events: [sleepEnded(3)],
      signatures: ['s3', 's4'],
    },
    { status: 'failed' },
  ),
  {
    run,
    write: (tasks, before = aHead(run)) =>
      tasks.rewind(
        run,
        cut,
        aCommit(
          {
            ...before,
            eventCount: cut.eventCount,
            commandCount: cut.commandCount,
            callCount: cut.callCount,
          },
          {
            created: [aStep(2)],
            changed: [aStep(1)],
            edges: [{ parent: 1, child: 2 }],
            events: [sleepEnded(9)],
            timers: { set: [timer(7)] },
          },
          { status: 'running', generation: 1 },
        ),
      ),
    timers: [timer(7)],
  },
  {
    run,
    write: async (tasks, before = aHead(run)) => {
      const found = await tasks.findArchivedStep(run, 'other', 'digest-2', []);
      const adoptions = found === undefined ? [] : [{ archive: found.archive, call: 3 }];
      const adoptedStep = aCompletedStep(3, {
        component: 'other',
        name: 'other_1',
        digest: 'digest-2',
        attempts: [executed(30)],
      });
      await tasks.commit(
        run,
        aCommit(before, {
          created: [adoptedStep],
          adoptions,
          reports: [aReport(3, 1, 1, [4])],
          components: [aComponent('other', 1)],
        }),
      );
    },
    timers: [],
  },
  commitTo(
    run,
    {
      changed: [
        aCompletedStep(1, { attempts: [executed(70)] }),
        aCompletedStep(2, { attempts: [executed(400)] }),
      ],
      events: [sleepEnded(10)],
      signatures: ['t2', 't3'],
    },
    { status: 'completed' },
  ),
  creationOf(rerun),
  {
    run: rerun,
    write: async (tasks, before = aHead(rerun)) => {
      await tasks.archive(rerun, run, await tasks.steps(run, [0, 3]));
      const found = await tasks.findArchivedStep(rerun, 'step', 'digest-0', []);
      const adoptions = found === undefined ? [] : [{ archive: found.archive, call: 0 }];
      await tasks.commit(
        rerun,
        aCommit(
          before,
          {
            created: [aCompletedStep(0, { attempts: [anAttempt(1)], usedModel })],
            adoptions,
            events: [sleepEnded(0)],
          },
          { status: 'completed' },
        ),
      );
    },
    timers: [],
  },
];

const NAMES = ['step', 'step_1', 'odd', 'other', 'other_1', 'later', 'never'];
const DIGESTS = [0, 1, 2, 3, 4];

/** Everything that the ports return about the run. */
export async function allRecordsOf(tasks: Tasks, queries: RunQueries, run: RunId) {
  const all = <T, R>(items: readonly T[], read: (item: T) => Promise<R>) =>
    Promise.all(items.map(read));
  return {
    run: await tasks.run(run),
    steps: await queries.allSteps(run),
    calls: await tasks.calls(run, -1, 100),
    children: await all([0, 1, 2, 3, 4, ...NAMES], (parent) =>
      tasks.children(run, parent, -1, 100),
    ),
    parents: await all([0, 1, 2, 3, 4], (child) => tasks.parents(run, child, -1, 100)),
    named: await all(NAMES, (name) => tasks.callsNamed(run, name, -1, 100)),
    unfinished: await tasks.unfinishedCalls(run, -1, 100),
    components: await all(NAMES, (name) => tasks.component(run, name)),
    groups: await all(['job-0', 'job-1', 'job-2'], (name) => tasks.group(run, name)),
    events: await tasks.events(run, 0, 100),
    signatures: await tasks.signatures(run, 0, 100),
    adoptable: await all(['step', 'other', 'later'], (component) =>
      all(DIGESTS, (n) => tasks.findArchivedStep(run, component, `digest-${n}`, [])),
    ),
    modelUses: (await queries.modelUses(usedModel, { limit: 100 })).map(
      ({ run: { info }, step }) => [info.id, step],
    ),
    graph: await all([0, 1, 2, 3, 4], (from) => queries.graph(run, from, 2)),
    state: await queries.state(run),
    runPoints: await queries.runPoints(run),
    points: await all([0, 1, 2, 3], (call) => queries.points(run, call)),
    texts: await all([0, 1, 2, 3], (call) => queries.texts(run, call)),
  };
}
