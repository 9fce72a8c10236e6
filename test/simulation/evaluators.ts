/**
 * The evaluators that worlds are run with: the real one, on a bundle of logic that is made once, or one of plain promises.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { createEvaluator } from '../../src/evaluator/index.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { EvaluatorMaker } from './engine.ts';
import { createPlainEvaluator } from './plain-evaluator.ts';
import type { Program } from './program.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The bundle without its program. */
async function bundleLogic(): Promise<string> {
  const bundle = await rolldown({
    input: here('logic.ts'),
    platform: 'neutral',
    logLevel: 'silent',
    resolve: { conditionNames: ['import', 'module', 'default'], mainFields: ['module', 'main'] },
    plugins: [
      {
        name: 'builtins',
        resolveId: (id) => (/^(?:node:)?(?:path|url|util|assert)$/.test(id) ? here(`../../src/sdk/replay/builtins/${id.replace('node:', '')}.ts`) : undefined),
      },
    ],
  });
  try {
    const { output } = await bundle.generate({ format: 'iife', name: '__headrace', exports: 'default', codeSplitting: false, comments: false, minify: true });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

export const programOf = (info: Pick<RunInfo, 'args'>): Program => JSON.parse(JSON.stringify(info.args['program']));

export const plainEvaluators: EvaluatorMaker = (ports) => createPlainEvaluator(ports.objects, programOf);

/** Makes real evaluators, each with nothing in memory. */
export async function realEvaluators(): Promise<EvaluatorMaker> {
  const logic = await bundleLogic();
  return (ports) =>
    createEvaluator({
      loadCode: async ({ args }) => `const SIMULATED_PROGRAM = ${JSON.stringify(args['program'])};\n${logic}`,
      fetchValue: ({ key }) => ports.objects.get(key),
    });
}
