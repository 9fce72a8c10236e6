/** `headrace graph <file>`: the graph of a pipeline without a run. */
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import type { Output } from '../../view/output.ts';
import { compileForRun } from '../compile-file.ts';
import type { RunCommandOptions } from '../option-types.ts';
import { planGraph } from '../planned-graph.ts';
import { drawGraph, type GraphFormat } from '../run-graph.ts';

export async function graphOfFile(
  file: string,
  {
    format,
    ...options
  }: Pick<RunCommandOptions, 'pipeline' | 'arg'> & { readonly format: GraphFormat },
  output: Output,
): Promise<ExitCode> {
  const { compiled, args } = await compileForRun(file, options);
  const { steps, waitsFor } = await planGraph(compiled, args);
  const title = compiled.declaration.name;
  await output.write(drawGraph({ title, status: 'planned', steps }, format, output.colors));
  if (waitsFor.length > 0)
    output.note(
      `no step was executed: the logic waits for ${waitsFor.join(', ')}, and steps that it calls afterwards are not in the graph`,
    );
  return EXIT.completed;
}
