/**
 * Specs of attempts for tests: by default a step without arguments and with one return value.
 *
 * @module
 */
import { runIdSchema } from '../../src/model/ids.ts';
import type { StepSpec } from '../../src/model/spec.ts';

export const RUN = runIdSchema.parse('01hzzzzzzzzzzzzzzzzzzzzzzz');

export function stepSpec(overrides: Partial<StepSpec> = {}): StepSpec {
  return {
    run: RUN,
    call: 0,
    attempt: 1,
    pipeline: 'pipe',
    project: 'default',
    runNumber: 1,
    step: 'stepOne',
    component: 'stepOne',
    codeKey: 'code/none',
    codeHash: 'none',
    resolvedImports: {},
    packages: [],
    serializers: null,
    args: { format: 'json', text: '[]' },
    refs: [],
    returnValues: ['returnObject'],
    timeoutSeconds: null,
    outputPrefix: 'p/default/data/0/1',
    workingDir: null,
    token: 'token-0',
    ...overrides,
  };
}
