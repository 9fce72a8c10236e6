/** `headrace runs signal` on a run of an API. */
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import type { Output } from '../../view/output.ts';
import type { SignalCommandOptions } from '../option-types.ts';
import { readSignalValue, requireSignalName, sentLine } from '../signal-arguments.ts';
import { connectToRun } from './select.ts';

export async function signal(
  text: string,
  signalName: string,
  json: string | undefined,
  options: SignalCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const name = requireSignalName(signalName);
  const value = readSignalValue(name, json);
  const { connection, run } = await connectToRun(text, options);
  const { key } = options;
  const before = await connection.client.signal(
    run.id,
    name,
    { value },
    key === undefined ? {} : { idempotencyKey: key },
  );
  await output.write(sentLine(run.id, name, before.waitsForSignals));
  return EXIT.completed;
}
