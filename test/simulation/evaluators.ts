/**
 * The evaluators of simulated worlds: the real one, on one bundle of logic for all programs, or one
 * of plain promises.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { createEvaluator } from '../../src/evaluator/index.ts';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { MemoryObjects } from '../conformance/memory-objects.ts';
import type { EvaluatorMaker } from './engine.ts';
import { createPlainEvaluator } from './plain-evaluator.ts';
import type { Program } from './program.ts';
import { allArguments } from './run-arguments.ts';

const fileBeside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The bundle of the logic for all programs. */
export async function bundleLogic(): Promise<string> {
  const bundle = await rolldown({
    input: fileBeside('logic.ts'),
    platform: 'neutral',
    logLevel: 'silent',
    resolve: { conditionNames: ['import', 'module', 'default'], mainFields: ['module', 'main'] },
    plugins: [
      {
        name: 'builtins',
        resolveId: (id) =>
          /^(?:node:)?(?:path|url|util|assert)$/.test(id)
            ? fileBeside(`../../src/sdk/replay/builtins/${id.replace('node:', '')}.ts`)
            : undefined,
      },
    ],
  });
  try {
    const { output } = await bundle.generate({
      format: 'iife',
      name: '__headrace',
      exports: 'default',
      codeSplitting: false,
      comments: false,
      minify: true,
    });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

/** The hash under which runs name this bundle. */
export const hashOfLogic = (text: string): string =>
  createHash('sha256').update(text).digest('hex');

const programs = new WeakMap<RunInfo['args'], Program>();

function programOf({ args }: Pick<RunInfo, 'args'>): Program {
  const program: Program = programs.get(args) ?? JSON.parse(JSON.stringify(args.program));
  programs.set(args, program);
  return program;
}

/** Returns the run with all its arguments in its record, the same object for the same run. */
function runsWithArguments(objects: MemoryObjects): (info: RunInfo) => RunInfo {
  const complete = new WeakMap<RunInfo, RunInfo>();
  return (info) => {
    if (info.encodedArgs === undefined) return info;
    const { encodedArgs: _, ...rest } = info;
    const known = complete.get(info) ?? { ...rest, args: allArguments(info, objects) };
    complete.set(info, known);
    return known;
  };
}

export const plainEvaluators: EvaluatorMaker = (objects) => {
  const withArguments = runsWithArguments(objects);
  const { evaluate, drop } = createPlainEvaluator(objects, programOf);
  return {
    evaluate: (request) => evaluate({ ...request, info: withArguments(request.info) }),
    drop,
    close: () => undefined,
  };
};

/** The run with its program in the seed, where the bundle reads it (see `smuggled-program.ts`). */
function withProgram(info: RunInfo, id: RunId, hash: string): RunInfo {
  const { program, ...args } = info.args;
  const logic = { ...info.code.logic, hash };
  return {
    ...info,
    id,
    args: { ...args, program: null },
    seed: JSON.stringify({ seed: info.seed, program }),
    code: { ...info.code, logic },
  };
}

/**
 * Makes real evaluators, each with nothing in memory. All of them share one evaluator, so that the
 * logic is compiled once; each has its own names for the runs.
 */
export async function realEvaluators(): Promise<EvaluatorMaker> {
  const logic = await bundleLogic();
  const hash = hashOfLogic(logic);
  let current: MemoryObjects | undefined;
  let evaluatorCount = 0;
  const shared = createEvaluator({
    loadCode: async () => logic,
    // The simulated logic always yields, and a watchdog per piece would double the cost.
    timeoutMs: Number.POSITIVE_INFINITY,
    fetchValue: async ({ key }) => {
      if (current === undefined) throw new RangeError('no world is running');
      return current.get(key, 1e8);
    },
  });
  return (objects) => {
    current = objects;
    const prefix = evaluatorCount.toString(36).padStart(10, '0');
    evaluatorCount += 1;
    const names = new Map<RunId, RunId>();
    const nameOf = (run: RunId): RunId => {
      const known = names.get(run) ?? runIdSchema.parse(`${prefix}${run.slice(-16)}`);
      names.set(run, known);
      return known;
    };
    const withArguments = runsWithArguments(objects);
    const infos = new WeakMap<RunInfo, RunInfo>();
    const infoOf = (info: RunInfo): RunInfo => {
      const known = infos.get(info) ?? withProgram(withArguments(info), nameOf(info.id), hash);
      infos.set(info, known);
      return known;
    };
    return {
      evaluate: (request) => shared.evaluate({ ...request, info: infoOf(request.info) }),
      drop: (run) => shared.drop(nameOf(run)),
      close: () => {
        for (const name of names.values()) shared.drop(name);
      },
    };
  };
}
