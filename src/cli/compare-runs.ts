/**
 * Reads whole runs of this machine or of an API, and prints their differences or their graphs.
 *
 * @module
 */
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { RemoteSource } from '../launch/remote/remote-source.ts';
import type { Json } from '../model/json.ts';
import { formatTable } from '../view/format.ts';
import type { Output } from '../view/output.ts';
import type { PrintedRun } from '../wire/printed.ts';
import type { TargetOptions } from './option-types.ts';
import { connectToRun } from './remote/select.ts';
import { diffRuns } from './run-diff.ts';
import { readRunDocument } from './run-document.ts';
import { type GraphFormat, graphText } from './run-graph.ts';
import { withSelectedRun } from './select.ts';

export const readLocalRun = (text: string, options: TargetOptions): Promise<PrintedRun> =>
  withSelectedRun(text, options, ({ records, run }) => readRunDocument(records, run));

export async function readRemoteRun(text: string, options: TargetOptions): Promise<PrintedRun> {
  const { connection, run } = await connectToRun(text, options);
  const source = new RemoteSource(connection.client, {
    metrics: true,
    hintTarget: connection.hintTarget,
  });
  return await readRunDocument(source, await source.run(run.id));
}

export async function printDifferences(
  a: PrintedRun,
  b: PrintedRun,
  json: boolean | undefined,
  output: Output,
): Promise<ExitCode> {
  const found = diffRuns(a, b);
  const text =
    json === true
      ? JSON.stringify({ a: a.id, b: b.id, differences: found })
      : found.length === 0
        ? 'no differences'
        : formatTable(
            found,
            [
              { title: 'part', value: ({ part }) => part },
              { title: 'name', value: ({ name }) => name },
              { title: `${a.pipeline}#${a.number}`, value: (each) => valueText(each.a) },
              { title: `${b.pipeline}#${b.number}`, value: (each) => valueText(each.b) },
            ],
            output.colors.dim,
            output.columns,
          ).join('\n');
  await output.write(`${text}\n`);
  return EXIT.completed;
}

const MAX_VALUE_LENGTH = 60;

function valueText(value: Json): string {
  if (value === null) return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH - 1)}…`;
}

export async function printGraph(
  run: PrintedRun,
  format: GraphFormat,
  output: Output,
): Promise<ExitCode> {
  await output.write(graphText(run, format, output.colors));
  return EXIT.completed;
}
