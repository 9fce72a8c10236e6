/** `headrace runs logs` on logs of an API. */
import { listAll } from '../../client/client.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import type { Connection } from '../../launch/remote/connection.ts';
import { remoteFeed } from '../../launch/remote/remote-feed.ts';
import { MAX_API_PAGE_ITEMS, toStepViewModel } from '../../launch/remote/remote-source.ts';
import type { Output } from '../../view/output.ts';
import type { AttemptViewModel, StepViewModel } from '../../view/view-models.ts';
import { runLogsCommand } from '../logs-command.ts';
import type { LogsCommandOptions } from '../option-types.ts';
import type { LogSource } from '../print-logs.ts';
import { connectToRun, findRemoteSteps, unknownRemoteStep } from './select.ts';

export async function logs(
  text: string,
  step: string | undefined,
  options: LogsCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const { connection, run } = await connectToRun(text, options);
  const source = remoteLogSource(connection, run.id);
  return await runLogsCommand(source, step, options, connection.hintTarget, output);
}

function remoteLogSource({ client }: Connection, run: string): LogSource {
  const feed = remoteFeed(client, run);
  const origins = new Map<number, readonly AttemptViewModel[]>();
  /** The attempts of the step whose result a cached step has. The API returns the log of that step. */
  const originAttempts = async ({ cachedFrom }: StepViewModel) => {
    if (cachedFrom === null) return [];
    const isKnown = (await feed.reported.originRun(cachedFrom.run)) !== undefined;
    const steps = isKnown ? await findRemoteSteps(client, cachedFrom.run, cachedFrom.step) : [];
    const origin = steps.find(({ name }) => name === cachedFrom.step);
    return origin === undefined ? [] : toStepViewModel(origin).attempts;
  };
  return {
    feed,
    log: feed.log,
    named: async (name) => (await findRemoteSteps(client, run, name)).map(toStepViewModel),
    unknown: (name) => unknownRemoteStep(client, run, name),
    async attempts(step) {
      if (step.status !== 'cached' || step.cachedFrom === null) return withLastError(step);
      const attempts = origins.get(step.call) ?? (await originAttempts(step));
      origins.set(step.call, attempts);
      return attempts;
    },
    async texts({ call }) {
      const texts = await listAll((cursor) =>
        client.texts(run, call, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
      );
      return texts.map(({ attempt, text, at }) => ({ attempt, text, at: Date.parse(at) }));
    },
  };
}

/** The attempts; the last one has its error with the stack, which is on record for the step. */
const withLastError = ({ attempts, error }: StepViewModel): readonly AttemptViewModel[] =>
  attempts.map((attempt, index) =>
    index === attempts.length - 1 && attempt.error !== undefined && error !== null
      ? { ...attempt, error }
      : attempt,
  );
