/** Arguments of the pipeline by name, as text and as JSON, and what is refused. */
import { completes, type Outcome, type Programs } from '../program.ts';

const SCORES = `
  const score = component({}, (kind: string, testSize: number, sizes: number[]) => ({ kind, testSize, sizes }));
  export const scores = pipeline({ name: 'scores', argsMap: { General: ['testSize'] } },
    async (kind: 'tree' | 'forest', testSize = 0.2, sizes: number[] = [1, 2]) => await score(kind, testSize, sizes));`;

/** The command ends before a run starts. */
const refuses = (error: string): Outcome => ({ code: 2, status: 'failed', error });

export const PARAMETERS: Programs = {
  'arguments are text or JSON by the type of their parameter, and the others have their defaults': {
    source: SCORES,
    args: ['kind=tree', 'General/testSize=0.5'],
    outcome: completes({ kind: 'tree', testSize: 0.5, sizes: [1, 2] }),
  },
  'an argument that its type does not contain is refused before a run starts': {
    source: SCORES,
    args: ['kind=shrub'],
    outcome: refuses(
      'error: argument kind: expected "tree" | "forest", given "shrub"\nsee headrace/docs/errors.md#illtypedargumenterror\n',
    ),
  },
  'a number that JavaScript cannot hold is refused before a run starts': {
    source: SCORES,
    args: ['kind=tree', 'testSize=1e400'],
    outcome: refuses(
      'error: argument testSize: expected number, given 1e400, which is larger than any number\nsee headrace/docs/errors.md#illtypedargumenterror\n',
    ),
  },
  'members of one object are parameters, and a text stays one': {
    source: `
  const show = component({}, (...all: unknown[]) => all);
  export const main = pipeline({ name: 'main' }, async ({ url, depth = 3, ...rest }: { url: string; depth?: number; on: boolean }) => await show(url, depth, rest.on));`,
    args: ['url=1e400', 'on=true'],
    outcome: completes(['1e400', 3, true]),
  },
  'a default of a type that JSON does not have reaches the logic and a step': {
    source: `
  const show = component({}, (day: Date, big: bigint) => [day.toISOString(), String(big)]);
  export const main = pipeline({ name: 'main' }, async (day: Date = new Date(0), big: bigint = 7n) => [await show(day, big), day instanceof Date]);`,
    outcome: completes([['1970-01-01T00:00:00.000Z', '7'], true]),
  },
};
