import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Dev } from './dev.ts';

/** Steps that wait until the project has a file `go`, and one that fails until it has `mended`. */
export const SOURCE = (folder = '.') => `
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { component, currentStep, pipeline } from 'headrace';

const here = (name: string) => join('${folder}', name);
const ran = (name: string) => appendFileSync(here('ran.txt'), name + ' ');

export const first = component({ returnValues: ['first'] }, (n: number) => {
  ran('first');
  console.log('printed by first');
  currentStep().logger.reportText('reported by first');
  for (let i = 0; i < 3; i++) currentStep().logger.reportScalar('loss', 'train', 0.5 / (i + 1), i);
  return n + 1;
});
export const waits = component({ returnValues: ['second'] }, async (n: number) => {
  ran('waits');
  while (!existsSync(here('go'))) await delay(20);
  return n * 10;
});
export const picky = component({ cache: true }, (n: number) => {
  ran('picky');
  if (!existsSync(here('mended'))) throw new RangeError('not mended');
  return n;
});
export const large = component({ returnValues: ['large'], cache: true }, (n: number) => ({ text: 'x'.repeat(n) }));
export const each = component({}, (n: number) => n * n);

export const waiting = pipeline({ name: 'waiting', project: 'tests/deep' }, async (n: number, size = 3) => await waits(first(n)));
export const checking = pipeline({ name: 'checking', project: 'tests', tags: ['t'] }, async (n: number) => await picky(first(n)));
export const storing = pipeline({ name: 'storing', project: 'tests', returnValue: 'answer' }, async (n: number) => { const { text } = await large(n); return text.length; });
export const wide = pipeline({ name: 'wide', project: 'tests' }, async (n: number) => (await Promise.all(Array.from({ length: n }, (_, i) => each(i)))).length);
`;

export const runs = z.array(
  z.looseObject({
    id: z.string(),
    pipeline: z.string(),
    status: z.string(),
    tags: z.array(z.string()),
  }),
);

export const ran = async ({ project }: Dev): Promise<string> =>
  existsSync(join(project.folder, 'ran.txt'))
    ? await readFile(join(project.folder, 'ran.txt'), 'utf8')
    : '';
