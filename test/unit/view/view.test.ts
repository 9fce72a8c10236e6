import { expect, it } from 'vitest';
import { runLabel } from '../../../src/view/view.ts';
import { anInfo, runId } from '../../conformance/records.ts';

it('a run is shown by its pipeline and number, and without the number if addRunNumber is false', () => {
  const info = { ...anInfo(runId(1)), pipeline: 'iris', number: 3 };
  const labelWith = (addRunNumber: boolean) =>
    runLabel({ info: { ...info, declaration: { addRunNumber } } });
  expect(labelWith(true)).toBe('iris#3');
  expect(labelWith(false)).toBe('iris');
});
