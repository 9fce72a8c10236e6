/**
 * The info of a planned run, with code that names one bundle of logic for all worlds and one bundle
 * for each component.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Bundle, ComponentCode, Parameter, PipelineCode } from '../../src/model/code.ts';
import { type RunId, runIdSchema } from '../../src/model/ids.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { pipelineDeclarationSchema } from '../../src/model/options.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { RunPlan } from './plan.ts';
import { type ComponentPlan, INPUTS, PARAMETERS, type Program } from './program.ts';
import { hashOf, roll } from './random.ts';

export const PIPELINE_ID = 'simulation.ts#main';
export const componentId = (name: string): string => `simulation.ts#${name}`;

/** Share of runs with external evaluation. */
const EXTERNAL_SHARE = 0.2;

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const bundle = (key: string): Bundle => ({
  hash: sha(key),
  key,
  size: 1,
  packages: [],
  resolvedImports: {},
});
const parameter = (name: string): Parameter => ({ name, type: { kind: 'any' }, optional: true });

/** The size of the values is part of the component's code, so the cache distinguishes the two. */
const componentCode = ({ name, large }: ComponentPlan): ComponentCode => ({
  id: componentId(name),
  name,
  signature: { style: 'positional', parameters: PARAMETERS.map(parameter), rest: false },
  bundle: bundle(`code/${name}${large ? '-large' : ''}`),
});

export const runIdOf = (index: number): RunId =>
  runIdSchema.parse(`01simulated${String(index).padStart(15, '0')}`);

export function infoOf(
  seed: number,
  index: number,
  plan: RunPlan,
  now: number,
): Omit<RunInfo, 'number'> {
  const code: PipelineCode = {
    hash: sha('logic'),
    id: PIPELINE_ID,
    name: 'main',
    signature: {
      style: 'positional',
      parameters: ['program', ...INPUTS].map(parameter),
      rest: false,
    },
    logic: bundle(`code/${JSON.stringify(plan.program)}`),
    components: plan.program.components.filter(({ child }) => !child).map(componentCode),
    serializers: null,
    projectRoot: '/simulated',
  };
  return {
    id: runIdOf(index),
    pipeline: 'simulated',
    project: 'simulation',
    version: '1.0.0',
    declaration: pipelineDeclarationSchema.parse({
      name: 'simulated',
      project: 'simulation',
      abortOnFailure: plan.abortOnFailure,
      ...(plan.timeoutSeconds === null ? {} : { timeoutSeconds: plan.timeoutSeconds }),
    }),
    code,
    args: asJson({ program: plan.program }),
    seed: `${hashOf(`${seed} ${index}`)}`,
    flags: { sdk: '0.1.0', flags: [] },
    createdAt: now,
    clockStart: now,
    noCache: plan.noCache,
    rerunOf: null,
    defaultQueue: 'default',
    ...(roll(seed, 'outside', index) < EXTERNAL_SHARE ? { evaluatedBy: 'caller' as const } : {}),
  };
}

/** Converts the type: a program is JSON, but the compiler does not know it. */
function asJson(value: { readonly program: Program }): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value));
  return json;
}
