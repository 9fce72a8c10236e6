/**
 * The help of one pipeline: how it is started, and its parameters.
 *
 * @module
 */

import type { ArgsMap } from '../model/argument-texts.ts';
import type { Signature } from '../model/code.ts';
import { shellQuoted } from '../model/shell-quoted.ts';
import type { Output } from '../view/output.ts';
import { parameterLines } from './parameter-lines.ts';
import type { RunnableVersionDocument } from './pipeline-catalog.ts';

/** The help of a registered version. */
export async function printPipelineHelp(
  { project, pipeline, version, signature, declaration }: RunnableVersionDocument,
  output: Output,
): Promise<void> {
  await printHelp(
    {
      usage: `headrace start ${shellQuoted(`${project}/${pipeline}`)}`,
      title: `Pipeline ${project}/${pipeline}, version ${version}`,
      options: 'headrace start --help',
      signature,
      argsMap: declaration.argsMap,
    },
    output,
  );
}

export interface PipelineHelp {
  /** The command without options. */
  readonly usage: string;
  readonly title: string;
  /** The command that describes the options. */
  readonly options: string;
  readonly signature: Signature;
  readonly argsMap: ArgsMap;
}

export async function printHelp(
  { usage, title, options, signature, argsMap }: PipelineHelp,
  output: Output,
): Promise<void> {
  const lines = [
    `Usage: ${usage} --arg name=value …`,
    '',
    title,
    '',
    'Parameters:',
    ...parameterLines(signature, argsMap, output),
    '',
    `Options: ${options}`,
  ];
  await output.write(`${lines.join('\n')}\n`);
}
