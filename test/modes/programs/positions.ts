/** Where errors of the logic, of steps and of callbacks were thrown, in the user's files. */
import { z } from 'zod';
import { fails, failsInStep, type Programs } from '../program.ts';

const errorSchema = z.looseObject({
  location: z.object({ file: z.string(), line: z.number() }).optional(),
  codeFrame: z.string().optional(),
  cause: z.unknown().optional(),
});

/** The file and line of an error, and the marked line of its code; first those of its cause. */
function placesOf(error: unknown): readonly (string | undefined)[] {
  if (error === undefined || error === null) return [];
  const { location, codeFrame, cause } = errorSchema.parse(error);
  const marked = codeFrame?.split('\n').find((line) => line.startsWith('>'));
  return [
    ...placesOf(cause),
    `${location?.file}:${location?.line}`,
    marked?.replace(/^.*\| */, ''),
  ];
}

const STATS = {
  'stats.ts': `export interface Row { readonly x?: { readonly y: number } }

export function mean(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + (row.x as { y: number }).y, 0);
}
`,
};
const PLACE = [
  'stats.ts:4',
  'return rows.reduce((sum, row) => sum + (row.x as { y: number }).y, 0);',
];
const ERROR = {
  name: 'TypeError',
  message: "Cannot read properties of undefined (reading 'y')",
  class: 'TypeError',
};

export const POSITIONS: Programs = {
  'an error of the logic has its place in the file that threw it': {
    source: `import { mean } from './stats.ts';
  const load = component({}, () => [{}]);
  export const main = pipeline({ name: 'main' }, async () => mean(await load()));`,
    files: STATS,
    records: ({ error }) => placesOf(error),
    outcome: { ...fails(ERROR), records: PLACE },
  },
  'the cause of an error of the logic has its place': {
    source: `import { mean } from './stats.ts';
  export const main = pipeline({ name: 'main' }, async () => {
    try { mean([{}]); } catch (cause) {
      throw new RangeError('no mean', { cause });
    }
  });`,
    files: STATS,
    records: ({ error }) => placesOf(error),
    outcome: {
      ...fails({ name: 'RangeError', message: 'no mean', class: 'RangeError', cause: ERROR }),
      records: [...PLACE, 'pipeline.ts:4', "throw new RangeError('no mean', { cause });"],
    },
  },
  'an error of a step has its place in the file that threw it': {
    source: `import { mean } from './stats.ts';
  const step = component({}, () => mean([{}]));
  export const main = pipeline({ name: 'main' }, async () => await step());`,
    files: STATS,
    records: ({ steps }) => placesOf(steps[0]?.attempts[0]?.error),
    outcome: { ...failsInStep('step', ERROR), records: PLACE },
  },
};
