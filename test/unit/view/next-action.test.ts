import { expect, it } from 'vitest';
import { nextActionLines } from '../../../src/view/next-action.ts';
import { aCompletedStep, aHead, anInfo, runId } from '../../conformance/records.ts';

it('after a missing input file, the same command continues with the file or with mended code', async () => {
  const id = runId(1);
  const failed = (component: string) => ({
    ...aCompletedStep(0, { name: component, component }),
    status: 'failed' as const,
  });
  const error = { name: 'StepFailedError', message: 'a step failed' };
  const info = { ...anInfo(id), number: 1 };
  const run = { info, head: { ...aHead(id), status: 'failed' as const, error } };
  const advice = async (...components: readonly string[]) =>
    (await nextActionLines(run, components.map(failed), undefined))[0];
  expect(await advice('inputFile')).toMatch(
    /^when the file is there, or after mending the code: headrace runs resume \S+ --file /,
  );
  expect(await advice('inputFile', 'train')).toMatch(/^after mending the code: /);
});

it('an error of the logic that names a completed step is not advised on as a failure of a step', async () => {
  const id = runId(1);
  const step = { ...aCompletedStep(0, { name: 'other' }), status: 'failed' as const };
  const info = { ...anInfo(id), number: 1 };
  const advice = async (name: string) => {
    const error = { name, message: 'await it first', step: 'load' };
    const run = { info, head: { ...aHead(id), status: 'failed' as const, error } };
    return await nextActionLines(run, [step], undefined);
  };
  expect(await advice('LazyUsedAsValueError')).toEqual([]);
  expect(await advice('StepSkippedError')).toHaveLength(2);
});
