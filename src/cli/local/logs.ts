/** `headrace runs logs` on this machine. */

import type { ExitCode } from '../../launch/exit-codes.ts';
import type { HomeRecords } from '../../launch/load-engine.ts';
import { localFeed, localLogs } from '../../launch/watch/local-feed.ts';
import type { LogReader } from '../../launch/watch/run-feed.ts';
import type { RunId } from '../../model/ids.ts';
import { findOriginStep, readStepTexts } from '../../ports/reported-outputs.ts';
import type { Output } from '../../view/output.ts';
import { runLogsCommand } from '../logs-command.ts';
import type { LogsCommandOptions } from '../option-types.ts';
import type { LogSource } from '../print-logs.ts';
import { findSteps, unknownStep, withSelectedRun } from '../select.ts';

export async function logs(
  text: string,
  step: string | undefined,
  options: LogsCommandOptions,
  output: Output,
): Promise<ExitCode> {
  return await withSelectedRun(text, options, async ({ home, records, run }) =>
    runLogsCommand(
      localLogSource(home, records, run.info.id),
      step,
      options,
      records.hintTarget,
      output,
    ),
  );
}

function localLogSource(home: string, records: HomeRecords, run: RunId): LogSource {
  const feed = localFeed(home, records, run);
  /** Reads the log of the step whose result a cached step has, by the call of the cached step. */
  const originLogs = new Map<number, LogReader>();
  return {
    feed,
    log: (call, ...position) => (originLogs.get(call) ?? feed.log)(call, ...position),
    named: (name) => findSteps(records, run, name),
    unknown: (name) => unknownStep(records.tasks, run, name),
    async attempts(step) {
      if (step.status !== 'cached' || step.cachedFrom === null) return step.attempts;
      const origin = await findOriginStep(records, step.cachedFrom);
      if (origin === undefined) return [];
      const { read } = localLogs(home, records.tasks, origin.run);
      originLogs.set(step.call, (_, ...position) => read(origin.step.call, ...position));
      return origin.step.attempts;
    },
    texts: (step) => readStepTexts(records, run, step),
  };
}
