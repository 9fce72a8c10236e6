/**
 * The reports that no queue or parent accepted, as the content of one object of bounded size.
 *
 * @module
 */
import { MAX_STORED_REPORTS_BYTES } from '../model/limits.ts';
import type { ReportedMessage, RunnerMessage } from '../model/spec.ts';

/**
 * The reports among the messages as JSON; undefined if there are none. Artifacts and models are
 * always part of it. Points, texts and plots for which there is no room are left out, and `log` is
 * called.
 */
export function storedReports(
  messages: readonly RunnerMessage[],
  log: (text: string) => void = (text) => console.error(text),
): Buffer | undefined {
  const reports = messages.filter((message) => message.kind === 'reported');
  if (reports.length === 0) return undefined;
  const content = Buffer.from(JSON.stringify(reports));
  if (content.byteLength <= MAX_STORED_REPORTS_BYTES) return content;
  const parts = reports.map((report) => ({
    full: JSON.stringify(report),
    outputs: JSON.stringify(withoutPoints(report)),
  }));
  let room =
    MAX_STORED_REPORTS_BYTES -
    parts.reduce((bytes, { outputs }) => bytes + Buffer.byteLength(outputs) + 1, 2);
  let leftOut = 0;
  const texts = parts.map(({ full, outputs }) => {
    const needed = Buffer.byteLength(full) - Buffer.byteLength(outputs);
    if (needed > room) {
      leftOut += 1;
      return outputs;
    }
    room -= needed;
    return full;
  });
  log(
    `headrace: the points, texts and plots of ${leftOut} reports are lost: no queue accepted them, and more than ${MAX_STORED_REPORTS_BYTES} bytes are not stored`,
  );
  return Buffer.from(`[${texts.join(',')}]`);
}

const withoutPoints = (message: ReportedMessage): ReportedMessage => ({
  ...message,
  report: { ...message.report, points: [], texts: [], plots: undefined },
});
