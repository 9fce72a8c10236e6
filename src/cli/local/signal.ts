/** `headrace runs signal` on this machine. */
import { randomUUID } from 'node:crypto';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { homeTarget } from '../../launch/home.ts';
import { MAX_RUN_SIGNALS } from '../../model/limits.ts';
import { isTerminalRun, type RunHead } from '../../model/run.ts';
import { hasReceived } from '../../model/signal-ids.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import type { SignalCommandOptions } from '../option-types.ts';
import { sendSignalLocally } from '../record-edits.ts';
import { withSelectedRun } from '../select.ts';
import { readSignalValue, requireSignalName, sentLine } from '../signal-arguments.ts';

export async function signal(
  text: string,
  signalName: string,
  json: string | undefined,
  options: SignalCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const name = requireSignalName(signalName);
  const value = JSON.stringify(readSignalValue(name, json));
  return await withSelectedRun(text, options, async ({ home, records, run }) => {
    const { id } = run.info;
    const key = options.key ?? randomUUID();
    requireAccepting(id, run.head, key);
    const delivery = await sendSignalLocally(records, id, { id: key, name, value });
    if (delivery === 'ended')
      throw new CommandLineError(`run ${id} ended before it received the signal ${name}`);
    await output.write(
      delivery === 'kept'
        ? `no process executes run ${id}: it receives the signal ${name} when it is continued with: ${hint(homeTarget(home), 'runs', 'resume', id)}\n`
        : sentLine(id, name, run.head.signals?.awaited ?? []),
    );
    return EXIT.completed;
  });
}

/** @throws CommandLineError if the run receives no signals */
function requireAccepting(
  id: string,
  head: Pick<RunHead, 'status' | 'signals'>,
  key: string,
): void {
  if (isTerminalRun(head.status) || head.status === 'aborting')
    throw new CommandLineError(`run ${id} is ${head.status}: it receives no signals`);
  if ((head.signals?.received.length ?? 0) >= MAX_RUN_SIGNALS && !hasReceived(head, key))
    throw new CommandLineError(
      `run ${id} has received ${MAX_RUN_SIGNALS} signals, and accepts no more`,
    );
}
