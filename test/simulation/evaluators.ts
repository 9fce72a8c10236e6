/**
 * The evaluators that worlds are run with: the real one, on a bundle of logic that is made once, or one of plain promises.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { createEvaluator } from '../../src/evaluator/index.ts';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { Objects } from '../../src/ports/objects.ts';
import type { EvaluatorMaker } from './engine.ts';
import { createPlainEvaluator } from './plain-evaluator.ts';
import type { Program } from './program.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** One for all programs. */
export async function bundleLogic(): Promise<string> {
  const bundle = await rolldown({
    input: here('logic.ts'),
    platform: 'neutral',
    logLevel: 'silent',
    resolve: { conditionNames: ['import', 'module', 'default'], mainFields: ['module', 'main'] },
    plugins: [
      {
        name: 'builtins',
        resolveId: (id) =>
          /^(?:node:)?(?:path|url|util|assert)$/.test(id)
            ? here(`../../src/sdk/replay/builtins/${id.replace('node:', '')}.ts`)
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

const programs = new WeakMap<RunInfo['args'], Program>();

function programOf({ args }: Pick<RunInfo, 'args'>): Program {
  const program: Program = programs.get(args) ?? JSON.parse(JSON.stringify(args.program));
  programs.set(args, program);
  return program;
}

export const plainEvaluators: EvaluatorMaker = (objects) => ({
  ...createPlainEvaluator(objects, programOf),
  close: () => undefined,
});

/** The run as the bundle of all programs takes it (see `smuggled-program.ts`). */
function withProgram(info: RunInfo, id: RunId): RunInfo {
  const { program, ...args } = info.args;
  const logic = { ...info.code.logic, hash: 'the logic of all programs' };
  return {
    ...info,
    id,
    args: { ...args, program: null },
    seed: JSON.stringify({ seed: info.seed, program }),
    code: { ...info.code, logic },
  };
}

/**
 * Makes real evaluators, each with nothing in memory. All are one below, so that the logic is compiled once: what each holds of a run is filed under a name
 * of its own.
 */
export async function realEvaluators(): Promise<EvaluatorMaker> {
  const logic = await bundleLogic();
  let current: Objects | undefined;
  let made = 0;
  const shared = createEvaluator({
    loadCode: async () => logic,
    // What it runs is ours and ends: a watch over each piece would cost as much as the rest.
    timeoutMs: Number.POSITIVE_INFINITY,
    fetchValue: async ({ key }) => {
      if (current === undefined) throw new RangeError('no world is alive');
      return current.get(key);
    },
  });
  return (objects) => {
    current = objects;
    const prefix = made.toString(36).padStart(10, '0');
    made += 1;
    const names = new Map<RunId, RunId>();
    const nameOf = (run: RunId): RunId => {
      const known = names.get(run) ?? runIdSchema.parse(`${prefix}${run.slice(-16)}`);
      names.set(run, known);
      return known;
    };
    const infos = new WeakMap<RunInfo, RunInfo>();
    const infoOf = (info: RunInfo): RunInfo => {
      const known = infos.get(info) ?? withProgram(info, nameOf(info.id));
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
