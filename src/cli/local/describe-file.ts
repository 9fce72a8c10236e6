/** `headrace run <file> --help`: the parameters of the file's pipelines. */

import { shellQuoted } from '../../model/shell-quoted.ts';
import { compile } from '../../submit/compile.ts';
import type { Output } from '../../view/output.ts';
import { pipelineNames } from '../compile-file.ts';
import { withUsageErrors } from '../errors.ts';
import { printHelp } from '../pipeline-help.ts';

/** @throws UsageError */
export async function describeFile(
  file: string,
  chosen: string | undefined,
  output: Output,
): Promise<void> {
  const names = chosen === undefined ? await pipelineNames(file) : [chosen];
  for (const [index, pipeline] of names.entries()) {
    const { code, declaration } = await withUsageErrors(compile({ file, pipeline }));
    if (index > 0) await output.write('\n');
    await printHelp(
      {
        usage: `headrace run ${shellQuoted(file)}${pipeline === undefined ? '' : ` --pipeline ${shellQuoted(pipeline)}`}`,
        title: `Pipeline ${declaration.project}/${declaration.name}, version ${declaration.version}`,
        options: 'headrace run --help',
        signature: code.signature,
        argsMap: declaration.argsMap,
      },
      output,
    );
  }
}
