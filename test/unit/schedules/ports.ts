/**
 * Ports in memory for schedules: a registered pipeline with the parameter `url`, and a run control
 * that can stop at each write.
 *
 * @module
 */
import {
  createScheduleControl,
  type ScheduleControlPorts,
} from '../../../src/api/schedule-control.ts';
import type { FiringPorts } from '../../../src/api/schedule-firing.ts';
import type { ScheduleRunnerPorts } from '../../../src/cli/dev/schedule-runner.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { ObservedObject } from '../../../src/model/firing-message.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { NewRun, Run, RunHead, RunInfo } from '../../../src/model/run.ts';
import { type ScheduleSpec, scheduleSpecSchema } from '../../../src/model/schedule.ts';
import { requestedRun } from '../../../src/submit/prepare.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { aCommit, anInfo, runId } from '../../conformance/records.ts';

export const START = Date.parse('2026-01-01T00:00:00Z');
export const MINUTE = 60_000;

export const aSpec = (over: object = {}): ScheduleSpec =>
  scheduleSpecSchema.parse({
    project: 'examples',
    pipeline: 'iris',
    name: 'hourly',
    args: { url: 'at {{due}}' },
    cron: '0 * * * *',
    ...over,
  });

const OF_SIGNATURE: RunInfo['code']['signature'] = {
  style: 'positional',
  parameters: [{ name: 'url', type: { kind: 'string' }, optional: false }],
  rest: false,
};

export type SchedulePorts = Awaited<ReturnType<typeof schedulePorts>>;

export async function schedulePorts(over: Pick<Partial<ScheduleControlPorts>, 'timers'> = {}) {
  const storage = createMemoryStorage();
  const time = { now: START };
  const clock = { now: () => time.now };
  let ids = 0;
  const created: NewRun[] = [];
  const files: ObservedObject[] = [];
  const failures: { create?: Error | undefined } = {};
  const register = async (name: string) => {
    const info = anInfo(runId(0), {
      declaration: pipelineDeclarationSchema.parse({ name, project: 'examples' }),
    });
    const code = { ...info.code, signature: OF_SIGNATURE };
    const content = { code, declaration: info.declaration, defaultQueue: null, createdAt: 0 };
    await storage.registry.register({ project: 'examples', name }, '1.0.0', 'c', false, content);
  };
  await register('iris');
  await register('etl');
  const ports: ScheduleControlPorts &
    FiringPorts &
    Pick<ScheduleRunnerPorts, 'tasks' | 'queries' | 'folders'> = {
    schedules: storage.schedules,
    registry: storage.registry,
    queues: () => ({ items: [], acceptsAnyName: true }),
    evaluations: { jobs: false, accepted: true },
    objectProblem: ({ bucket, folder }) =>
      bucket === 'uploads' || folder !== undefined ? undefined : 'it is not declared',
    clock,
    tasks: storage.tasks,
    queries: storage.tasks,
    runs: {
      newId: () => runId(++ids),
      prepare: (version, request) => requestedRun(version, request, time.now),
      create: async (info: NewRun): Promise<Run> => {
        if (failures.create !== undefined) throw failures.create;
        if ((await storage.tasks.run(info.id)) === undefined) created.push(info);
        return await storage.tasks.createRun(info, newHead(info));
      },
    },
    folders: {
      files: async (folder: string) => files.filter((file) => file.folder === folder),
    },
    ...over,
  };
  return {
    ...ports,
    storage,
    time,
    files,
    /** Runs that were created, without those that were created again. */
    created,
    failures,
    control: createScheduleControl(ports),
    /** Records a run of `etl` that runs until `end`. */
    async unfinished(n: number) {
      const info = anInfo(runId(n), { pipeline: 'etl', createdAt: time.now });
      const { head } = await storage.tasks.createRun(info, newHead(info));
      const end = (endedAt: number) =>
        storage.tasks.commit(info.id, aCommit(head, {}, { status: 'completed', endedAt }));
      return { id: info.id, end };
    },
    /** Records a run of `etl` that ended. */
    async ended(n: number, status: RunHead['status'] = 'completed', endedAt = time.now) {
      const info = anInfo(runId(n), { pipeline: 'etl', createdAt: endedAt });
      const { head } = await storage.tasks.createRun(info, newHead(info));
      await storage.tasks.commit(info.id, aCommit(head, {}, { status, endedAt }));
      return info.id;
    },
  };
}
