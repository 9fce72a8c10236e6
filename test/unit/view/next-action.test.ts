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
