/** Large values that the logic makes and passes to several calls. */
import { completes, type Programs } from '../program.ts';

const COMPONENTS = `
  const sum = component({ cache: true }, (fold: number, rows: number[]) => fold + rows.length + rows[1]!);
  const nested = component({}, ({ data, names }: { data: { x: number[][]; y: Float64Array }; names: string[] }) =>
    [data.x.length, data.x[9]![1]!, data.y instanceof Float64Array, data.y[2]!, names]);
  const watched = component(
    { preExecuteCallback: (run, node, params) => { params.rate = (params.rows as number[]).length; } },
    (rows: number[], rate: number) => [rows.length, rate],
  );
  const replaced = component(
    { preExecuteCallback: (run, node, params) => { params.rows = (params.rows as number[]).slice(1); } },
    (rows: number[]) => [rows.length, rows[0]!],
  );
  const first = component({}, () => 'first');
  const beside = component({}, (text: string, values: { rows: number[]; of: string }) => [text, values.rows.length, values.of]);`;

export const LARGE_ARGUMENTS: Programs = {
  'large arguments of several calls': {
    source: `${COMPONENTS}
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const rows = Array.from({ length: 20_000 }, (_, index) => index / 8);
        const sums = await Promise.all([0, 1, 2].map((fold) => sum(fold, rows)));
        const x = rows.map((row, index) => [index, row]);
        const y = new Float64Array(rows);
        const structured = await nested({ data: { x, y }, names: ['a'] });
        rows[1] = 1000;
        const changed = await sum(0, rows);
        const lazy = first();
        const lists = [await watched(rows, 0), await replaced(rows), await beside(lazy, { rows, of: lazy })];
        return [sums, structured, changed, ...lists];
      });`,
    outcome: completes([
      [20_000.125, 20_001.125, 20_002.125],
      [20_000, 1.125, true, 0.25, ['a']],
      21_000,
      [20_000, 20_000],
      [19_999, 1000],
      ['first', 20_000, 'first'],
    ]),
  },
};
